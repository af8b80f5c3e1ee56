"""Stage `resnet50_mxnet`: seeded convolutions and the committed head → resnet50_mxnet.zip (mxnet.lock)."""

import argparse
import sys
from pathlib import Path

from safetensors.numpy import load_file

from tasks.artifacts.mxnet_writer import write_mxnet
from tasks.artifacts.networks.resnet50 import resnet50
from tasks.artifacts.stream import seeded_weights

HEAD = Path("artifacts/models/resnet50_head.safetensors")
MODEL = Path("artifacts/models/resnet50_mxnet.zip")


def build(seed: int, head: Path = HEAD, model: Path = MODEL) -> None:
    """Write ``model``; ``head`` holds the batch statistics and the last layer that belong to ``seed``."""
    fitted = load_file(head)
    network = resnet50(classes=len(fitted["fc.bias"]))
    print(f"Drawing {network.size()} parameters from seed {seed}, then writing {model} …", file=sys.stderr)
    write_mxnet(network, {**seeded_weights(network, seed), **fitted}, model)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    build(parser.parse_args().seed)
