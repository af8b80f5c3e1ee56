"""Stage `patchnet_weights`: trains patchnet on `patches` with torch, seeded, and prints baselines beside its accuracy.

Runs in the environment of training.lock. Out: the weights, and what they reach on the test split.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from tasks.artifacts import baselines
from tasks.artifacts.layers import STATISTICS, Network
from tasks.artifacts.networks.patchnet import patchnet
from tasks.artifacts.pixels import SCALE, Split, load_split, normalized
from tasks.artifacts.torch_forward import forward

DATA = Path("artifacts/datasets/patches")
MODELS = Path("artifacts/models")
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)  # as conf/model/patchnet.yaml says
MOMENTUM = 0.1
SHIFT = 6  # pixels


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser()
    for name, kind in (("seed", int), ("epochs", int), ("batch", int), ("rate", float), ("decay", float)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    torch.use_deterministic_algorithms(True)
    train, test = load_split(DATA / "train.zip"), load_split(DATA / "test.zip")
    network = patchnet(len(train.labels))
    parameters = _initial(network)
    _train(network, parameters, train, given)
    reached = _reached(network, parameters, train, test)
    MODELS.mkdir(parents=True, exist_ok=True)
    (MODELS / "patchnet.baselines.json").write_text(json.dumps(reached, indent=2) + "\n")
    save_file({name: p.detach() for name, p in parameters.items()}, MODELS / "patchnet.safetensors")
    print(json.dumps(reached, indent=2))


def _initial(network: Network) -> dict[str, Tensor]:
    parameters = {}
    for name, shape in network.parameters().items():
        value = torch.ones(shape) if name.endswith(("running_var", ".weight")) else torch.zeros(shape)
        if len(shape) > 1:
            torch.nn.init.kaiming_uniform_(value, nonlinearity="relu")
        parameters[name] = value.requires_grad_(not name.endswith(STATISTICS))
    return parameters


def _train(network: Network, parameters: dict[str, Tensor], train: Split, given: argparse.Namespace) -> None:
    """AdamW with one warm-up and one decay of the learning rate."""
    pictures, targets = torch.from_numpy(normalized(train.pixels, MEAN, STD)), torch.from_numpy(train.targets)
    learned = [p for p in parameters.values() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=given.rate, weight_decay=given.decay)
    batches = len(targets) // given.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, given.rate, total_steps=given.epochs * batches)
    for epoch in range(given.epochs):
        total = 0.0
        for chosen in torch.randperm(len(targets))[: batches * given.batch].split(given.batch):
            logits = forward(network, parameters, _augmented(pictures[chosen]), momentum=MOMENTUM)
            loss = torch.nn.functional.cross_entropy(logits, targets[chosen], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach())
        if (epoch + 1) % 5 == 0:
            print(f"epoch {epoch + 1} of {given.epochs}: loss {total / batches:.3f}", flush=True)


def _augmented(pictures: Tensor) -> Tensor:
    """Mirrored at random per crop, shifted by up to SHIFT pixels per batch. Colours stay as they are."""
    for axis in (2, 3):
        mirrored = torch.rand(len(pictures), 1, 1, 1) < 0.5
        pictures = torch.where(mirrored, pictures.flip(axis), pictures)
    top, left = torch.randint(0, 2 * SHIFT + 1, (2,)).tolist()
    height, width = pictures.shape[2:]
    padded = torch.nn.functional.pad(pictures, [SHIFT] * 4, mode="replicate")
    return padded[:, :, top : top + height, left : left + width]


def _reached(network: Network, parameters: dict[str, Tensor], train: Split, test: Split) -> dict[str, object]:
    """Accuracy on the test split: as it should be, under two pitfalls, and of the baselines."""

    def accuracy(pixels: NDArray[np.uint8], scale: float = SCALE) -> float:
        with torch.inference_mode():
            logits = forward(network, parameters, torch.from_numpy(normalized(pixels, MEAN, STD, scale)))
        return float((logits.argmax(1).numpy() == test.targets).mean())

    return {
        "dataset": "patches",
        "split": "test",
        "samples": len(test.targets),
        "accuracy_top1": {
            "patchnet": accuracy(test.pixels),
            "patchnet_fed_bgr": accuracy(test.pixels[..., ::-1]),
            "patchnet_fed_0_255": accuracy(test.pixels, scale=1.0),
            "nearest_neighbour": baselines.nearest_neighbour(train, test),
            "colour_histogram": baselines.colour_histogram(train, test),
            "chance": baselines.chance(test),
        },
    }


if __name__ == "__main__":
    main()
