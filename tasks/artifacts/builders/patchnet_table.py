"""Stage `patchnet_table`: trained weights and layer table → one safetensors file for PyTorch."""

from pathlib import Path

from safetensors.numpy import load_file

from tasks.artifacts.networks.patchnet import patchnet
from tasks.artifacts.tables import write_table

WEIGHTS = Path("artifacts/models/patchnet.safetensors")
MODEL = Path("artifacts/models/patchnet_table.safetensors")


def build(weights: Path = WEIGHTS, model: Path = MODEL) -> None:
    """Write ``model``."""
    arrays = load_file(weights)
    write_table(patchnet(classes=len(arrays["fc.bias"])), arrays, model)


if __name__ == "__main__":
    build()
