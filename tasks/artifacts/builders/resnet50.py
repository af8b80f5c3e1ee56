"""Stage `resnet50`: seeded convolutions and the committed head → resnet50.onnx, by NumPy and onnx alone.

The same bytes on every machine: nothing is computed here but the seeded stream.
"""

import argparse
from pathlib import Path

from safetensors.numpy import load_file

from tasks.artifacts.networks.resnet50 import resnet50
from tasks.artifacts.onnx_writer import write_onnx
from tasks.artifacts.stream import seeded_weights

HEAD = Path("artifacts/models/resnet50_head.safetensors")
MODEL = Path("artifacts/models/resnet50.onnx")


def build(seed: int, head: Path = HEAD, model: Path = MODEL) -> None:
    """Write ``model``; ``head`` holds the batch statistics and the last layer that belong to ``seed``."""
    fitted = load_file(head)
    network = resnet50(classes=len(fitted["fc.bias"]))
    write_onnx(network, {**seeded_weights(network, seed), **fitted}, model)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    build(parser.parse_args().seed)
