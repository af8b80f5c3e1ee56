"""Stage `patchnet_mxnet`: trained weights and layer table → patchnet_mxnet.zip, in the environment of mxnet.lock."""

from pathlib import Path

from safetensors.numpy import load_file

from tasks.artifacts.mxnet_writer import write_mxnet
from tasks.artifacts.networks.patchnet import patchnet

WEIGHTS = Path("artifacts/models/patchnet.safetensors")
MODEL = Path("artifacts/models/patchnet_mxnet.zip")


def build(weights: Path = WEIGHTS, model: Path = MODEL) -> None:
    """Write ``model``."""
    arrays = load_file(weights)
    write_mxnet(patchnet(classes=len(arrays["fc.bias"])), arrays, model)


if __name__ == "__main__":
    build()
