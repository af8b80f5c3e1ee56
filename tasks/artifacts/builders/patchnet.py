"""Stage `patchnet`: trained weights and layer table → patchnet.onnx. Nothing is folded."""

from pathlib import Path

from safetensors.numpy import load_file

from tasks.artifacts.networks.patchnet import patchnet
from tasks.artifacts.onnx_writer import write_onnx

WEIGHTS = Path("artifacts/models/patchnet.safetensors")
MODEL = Path("artifacts/models/patchnet.onnx")


def build(weights: Path = WEIGHTS, model: Path = MODEL) -> None:
    """Write ``model``."""
    arrays = load_file(weights)
    write_onnx(patchnet(classes=len(arrays["fc.bias"])), arrays, model)


if __name__ == "__main__":
    build()
