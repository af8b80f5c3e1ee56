"""Stages `patchnet` and `patchnet_<format>`: trained weights and layer table → the model. Nothing is folded."""

import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path

from safetensors.numpy import load_file

from tasks.artifacts.layers import Network
from tasks.artifacts.networks.patchnet import patchnet
from tasks.artifacts.stream import Arrays

WEIGHTS = Path("artifacts/models/patchnet.safetensors")


def build(write: Callable[[Network, Arrays, Path], None], model: Path, weights: Path = WEIGHTS) -> None:
    """Write ``model``."""
    arrays = load_file(weights)
    write(patchnet(classes=len(arrays["fc.bias"])), arrays, model)


if __name__ == "__main__":
    build(pkgutil.resolve_name(sys.argv[1]), Path(sys.argv[2]))
