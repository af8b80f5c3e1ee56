"""A last layer in closed form: ridge regression on one-hot targets, its penalty chosen on groups that are left out.

Knows neither networks nor files.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def ridge(
    features: NDArray[np.float32], targets: NDArray[np.int64], classes: int, penalty: float, sharpness: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weight (classes, d) and bias (classes,) of the regression on one-hot targets over standardised features.

    ``penalty`` is relative to the number of samples; outputs are multiplied by ``sharpness``, so that a softmax
    over them is not flat.
    """
    x = features.astype(np.float64)
    mean, std = x.mean(0), x.std(0) + 1e-6
    z = (x - mean) / std
    y = np.eye(classes)[targets]
    dual = np.linalg.solve(z @ z.T + penalty * len(z) * np.eye(len(z)), y - y.mean(0))
    # Contiguous: safetensors writes the memory of an array as it lies there.
    weight = np.ascontiguousarray((z.T @ dual).T / std * sharpness)
    return weight.astype(np.float32), (y.mean(0) * sharpness - weight @ mean).astype(np.float32)


def folds_of(groups: Sequence[str], count: int) -> NDArray[np.int64]:
    """A fold for every sample; the samples of one group are in one fold."""
    known = sorted(set(groups))
    return np.array([known.index(group) % count for group in groups])


def best_penalty(
    features: NDArray[np.float32], targets: NDArray[np.int64], folds: NDArray[np.int64], penalties: Sequence[float]
) -> float:
    """The penalty whose layers are right most often on the folds that they have not seen."""
    classes = int(targets.max()) + 1
    right = dict.fromkeys(penalties, 0)
    for penalty in penalties:
        for fold in sorted(set(folds.tolist())):
            out = folds == fold
            weight, bias = ridge(features[~out], targets[~out], classes, penalty, 1.0)
            right[penalty] += int(((features[out] @ weight.T + bias).argmax(1) == targets[out]).sum())
        print(f"penalty {penalty:g}: {right[penalty] / len(folds):.4f} of the groups left out")
    return max(penalties, key=lambda p: right[p])


def evenly(targets: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Positions of ``count`` samples of every class, evenly apart."""
    of_classes = [np.flatnonzero(targets == target) for target in range(int(targets.max()) + 1)]
    return np.concatenate([of[np.linspace(0, len(of) - 1, count).round().astype(int)] for of in of_classes])
