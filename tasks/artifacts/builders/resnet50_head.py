"""Stage `resnet50_head`: batch statistics and a closed-form last layer for ResNet-50 with seeded weights.

Made once by a maintainer, in the environment of training.lock. The statistics come from natural crops (noise
gives outputs hundreds of units wide on pictures); the last layer is a ridge regression on `patches`, whose penalty is
chosen within the training split: its tiles are left out in turn, the test split is only judged at the end.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from tasks.artifacts.archive import read_archive
from tasks.artifacts.layers import STATISTICS, Network
from tasks.artifacts.networks.resnet50 import resnet50
from tasks.artifacts.pixels import Split, load_split, normalized, resized
from tasks.artifacts.ridge import best_penalty, evenly, folds_of, ridge
from tasks.artifacts.stream import seeded_weights
from tasks.artifacts.torch_forward import Parameters, forward

DATA = Path("artifacts/datasets/patches")
HEAD = Path("artifacts/models/resnet50_head.safetensors")
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # as conf/model/resnet50.yaml says
SIDE, BATCH = 224, 25


def main() -> None:
    """Calibrate, fit, write, and print the accuracy of what was written."""
    parser = argparse.ArgumentParser()
    for name, kind in (("seed", int), ("calibration_per_label", int), ("sharpness", float), ("folds", int)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    parser.add_argument("--penalties", type=float, nargs="+", required=True)
    given = parser.parse_args()
    torch.use_deterministic_algorithms(True)
    train, test = load_split(DATA / "train.zip"), load_split(DATA / "test.zip")
    network = resnet50(len(train.labels))
    parameters = {name: torch.from_numpy(array) for name, array in seeded_weights(network, given.seed).items()}
    parameters |= _statistics(network, parameters, _calibration(train, given.calibration_per_label))
    seen, unseen = (_features(network, parameters, split.pixels) for split in (train, test))
    tiles = [sample.group for sample in read_archive(DATA / "train.zip")]
    penalty = best_penalty(seen, train.targets, folds_of(tiles, given.folds), given.penalties)
    weight, bias = ridge(seen, train.targets, len(train.labels), penalty, given.sharpness)
    fitted = {name: p.numpy() for name, p in parameters.items() if name.endswith(STATISTICS)}
    save_file({**fitted, "fc.weight": weight, "fc.bias": bias}, HEAD)
    for name, features, split in (("train", seen, train), ("test", unseen, test)):
        print(f"resnet50[seeded] on patches, {name}: {_accuracy(features, split):.4f}")


def _accuracy(features: NDArray[np.float32], split: Split) -> float:
    """Of the last layer as it was written."""
    head = load_file(HEAD)
    logits = features @ head["fc.weight"].T + head["fc.bias"]
    return float((logits.argmax(1) == split.targets).mean())


def _calibration(train: Split, per_label: int) -> torch.Tensor:
    return _tensor(train.pixels[evenly(train.targets, per_label)])


def _statistics(network: Network, parameters: Parameters, pictures: torch.Tensor) -> dict[str, torch.Tensor]:
    """Mean and variance of every channel where it is normalised, over ``pictures``, in one pass."""
    names = [name for name in network.parameters() if name.endswith(STATISTICS)]
    found = {name: torch.zeros(network.parameters()[name]) for name in names}
    with torch.inference_mode():
        forward(network, {**parameters, **found}, pictures, momentum=1.0, until="flatten")
    return found


def _features(network: Network, parameters: Parameters, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 2048): what the last layer reads."""
    batches = []
    with torch.inference_mode():
        for start in range(0, len(pixels), BATCH):
            pictures = _tensor(pixels[start : start + BATCH])
            batches.append(forward(network, parameters, pictures, until="flatten").numpy())
    return np.concatenate(batches)


def _tensor(pixels: NDArray[np.uint8]) -> torch.Tensor:
    return torch.from_numpy(normalized(resized(pixels, SIDE), MEAN, STD))


if __name__ == "__main__":
    main()
