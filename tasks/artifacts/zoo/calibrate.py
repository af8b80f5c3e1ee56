"""Fit what a model of pictures needs beside its seed, once, by a maintainer; the file is committed.

`python -m tasks.stacks tasks/artifacts/zoo/torch.lock -m tasks.artifacts.zoo.calibrate BUILD.json FILE` takes batch
statistics over natural crops (`patches`, train), and for a classifier a ridge layer on what its last layer reads; the
numbers for both stand in params.yaml under zoo_fitted. Prints how often the layer is right on the test split.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from safetensors.torch import save

from tasks import ROOT
from tasks.artifacts.archive import read_archive
from tasks.artifacts.files import written
from tasks.artifacts.pixels import Split, load_split, normalized, resized
from tasks.artifacts.ridge import best_penalty, evenly, folds_of, ridge
from tasks.artifacts.zoo.command import ended
from tasks.artifacts.zoo.fitted import STATISTICS, heads, norms
from tasks.artifacts.zoo.making import made
from tasks.artifacts.zoo.order import Order, read
from tasks.errors import Refused

DATA = ROOT / "artifacts" / "datasets" / "patches"
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # as the manifests of the zoo say
BATCH = 20


def calibrate(order: Order, file: Path) -> None:
    """Write the float32 statistics of every batch normalisation and, for a classifier, its last layer."""
    given = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["zoo_fitted"]
    module, side = made(order, fitted=False), _side(order)
    train = load_split(DATA / "train.zip")
    found = _statistics(module, _pictures(train, evenly(train.targets, given["calibration_per_label"]), side))
    with torch.inference_mode():
        answers = module(_pictures(train, np.arange(1), side))
    if answers[0].shape[1:] == (len(train.labels),):
        found |= _layers(order, module, train, side, given)
    written(file, save(found))


def _side(order: Order) -> int:
    shape = order.inputs[0]["shape"]
    if len(order.inputs) != 1 or len(shape) != 4 or shape[1] != 3 or shape[2] != shape[3]:
        raise Refused(f"{order.name}: only a model of one square picture, [batch, 3, n, n], is fitted to pictures.")
    return int(shape[2])


def _pictures(split: Split, chosen: NDArray[np.int64], side: int) -> Any:
    """(n, 3, side, side) float32."""
    return torch.from_numpy(normalized(resized(split.pixels[chosen], side), MEAN, STD))


def _statistics(module: Any, pictures: Any) -> dict[str, Any]:
    """Mean and variance of every channel where it is normalised, over ``pictures``, in one pass."""
    layers = norms(module)
    for layer in layers.values():
        layer.momentum = 1.0  # takes over the statistics of this batch
        layer.train()
    with torch.no_grad():
        module(pictures)
    for layer in layers.values():
        layer.eval()
    return {f"{name}.{which}": getattr(layer, which) for name, layer in layers.items() for which in STATISTICS}


def _layers(order: Order, module: Any, train: Split, side: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every last layer, by name; prints what they reach together on crops of the test split."""
    layers = heads(module, len(train.labels))
    test = load_split(DATA / "test.zip")
    fit, judged = evenly(train.targets, given["fitting_per_label"]), evenly(test.targets, given["judged_per_label"])
    seen, unseen = _features(module, layers, train, fit, side), _features(module, layers, test, judged, side)
    logits, found = np.zeros((len(judged), len(train.labels))), {}
    for name, layer in layers.items():
        weight, bias = _ridge(seen[name], train, fit, given)
        logits = logits + unseen[name] @ weight.T + bias
        found[f"{name}.weight"] = torch.from_numpy(weight).reshape(layer.weight.shape)
        found[f"{name}.bias"] = torch.from_numpy(bias)
    right = np.argmax(logits, axis=1) == test.targets[judged]
    print(f"{order.name} on patches, test: {right.mean():.4f}", flush=True)
    return found


def _ridge(
    seen: NDArray[np.float32], train: Split, fit: NDArray[np.int64], given: Mapping[str, Any]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weight and bias, the penalty chosen on tiles that are left out."""
    tiles = [sample.group for sample in read_archive(DATA / "train.zip")]
    folds = folds_of([tiles[position] for position in fit], given["folds"])
    penalty = best_penalty(seen, train.targets[fit], folds, given["penalties"])
    return ridge(seen, train.targets[fit], len(train.labels), penalty, given["sharpness"])


def _features(
    module: Any, layers: Mapping[str, Any], split: Split, chosen: NDArray[np.int64], side: int
) -> dict[str, NDArray[np.float32]]:
    """name → (n, d): what each of these layers reads."""
    parts: dict[str, list[NDArray[np.float32]]] = {name: [] for name in layers}

    def keep(name: str, inputs: Any) -> None:
        parts[name].append(inputs[0].flatten(1).numpy().copy())

    hooks = [layer.register_forward_pre_hook(lambda _, i, n=name: keep(n, i)) for name, layer in layers.items()]
    with torch.inference_mode():
        for part in _parts(chosen):
            module(_pictures(split, part, side))
    for hook in hooks:
        hook.remove()
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


def _parts(chosen: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(chosen), BATCH):
        yield chosen[start : start + BATCH]


if __name__ == "__main__":
    sys.exit(
        ended(
            sys.argv[1:],
            "tasks.artifacts.zoo.calibrate BUILD.json FILE",
            lambda order, file: calibrate(read(order), file),
        )
    )
