"""Stages `resnet50` and `resnet50_<format>`: seeded convolutions, the committed head, and layer table → the model.

The same bytes on every machine: nothing is computed here but the seeded stream.
"""

import argparse
import pkgutil
from collections.abc import Callable
from pathlib import Path

from safetensors.numpy import load_file

from tasks.artifacts.layers import Network
from tasks.artifacts.networks.resnet50 import resnet50
from tasks.artifacts.stream import Arrays, seeded_weights

HEAD = Path("artifacts/models/resnet50_head.safetensors")


def build(write: Callable[[Network, Arrays, Path], None], model: Path, seed: int, head: Path = HEAD) -> None:
    """Write ``model``; ``head`` holds the batch statistics and the last layer that belong to ``seed``."""
    fitted = load_file(head)
    network = resnet50(classes=len(fitted["fc.bias"]))
    write(network, {**seeded_weights(network, seed), **fitted}, model)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("write", type=pkgutil.resolve_name)
    parser.add_argument("model", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    build(**vars(parser.parse_args()))
