"""Stage `patchnet_keras`: trained weights and layer table → patchnet.keras, in the environment of tensorflow.lock."""

from pathlib import Path

from safetensors.numpy import load_file

from tasks.artifacts.keras_writer import write_keras
from tasks.artifacts.networks.patchnet import patchnet

WEIGHTS = Path("artifacts/models/patchnet.safetensors")
MODEL = Path("artifacts/models/patchnet.keras")


def build(weights: Path = WEIGHTS, model: Path = MODEL) -> None:
    """Write ``model``."""
    arrays = load_file(weights)
    write_keras(patchnet(classes=len(arrays["fc.bias"])), arrays, model)


if __name__ == "__main__":
    build()
