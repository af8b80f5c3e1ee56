"""Stage `resnet50_table`: seeded convolutions, the committed head, and the layer table → one safetensors file."""

import argparse
from pathlib import Path

from safetensors.numpy import load_file

from tasks.artifacts.networks.resnet50 import resnet50
from tasks.artifacts.stream import seeded_weights
from tasks.artifacts.tables import write_table

HEAD = Path("artifacts/models/resnet50_head.safetensors")
MODEL = Path("artifacts/models/resnet50_table.safetensors")


def build(seed: int, head: Path = HEAD, model: Path = MODEL) -> None:
    """Write ``model``; ``head`` holds the batch statistics and the last layer that belong to ``seed``."""
    fitted = load_file(head)
    network = resnet50(classes=len(fitted["fc.bias"]))
    write_table(network, {**seeded_weights(network, seed), **fitted}, model)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    build(parser.parse_args().seed)
