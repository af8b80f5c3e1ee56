"""What `patches` yields without learning a network: chance, a colour histogram, the nearest neighbour.

Each returns top-1 accuracy on the test split as a fraction.
"""

import numpy as np
from numpy.typing import NDArray

from tasks.artifacts.pixels import Split, resized

BINS = 4  # per channel: 64 colours
THUMBNAIL = 16


def chance(test: Split) -> float:
    """Always answering the most frequent label."""
    return float(np.bincount(test.targets).max() / len(test.targets))


def colour_histogram(train: Split, test: Split) -> float:
    """The label whose mean histogram of 64 colours is nearest (L1)."""
    histograms = _histograms(train.pixels)
    means = np.stack([histograms[train.targets == label].mean(0) for label in range(len(train.labels))])
    nearest = [int(np.abs(means - histogram).sum(1).argmin()) for histogram in _histograms(test.pixels)]
    return float((np.array(nearest) == test.targets).mean())


def nearest_neighbour(train: Split, test: Split) -> float:
    """The label of the training crop whose 16 × 16 thumbnail is nearest (L2)."""
    known, asked = _thumbnails(train), _thumbnails(test)
    distances = (known**2).sum(1) - 2 * asked @ known.T
    return float((train.targets[distances.argmin(1)] == test.targets).mean())


def _thumbnails(split: Split) -> NDArray[np.float32]:
    return resized(split.pixels, THUMBNAIL).reshape(len(split.pixels), -1).astype(np.float32)


def _histograms(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    level = pixels.reshape(len(pixels), -1, 3).astype(np.int64) * BINS // 256
    colour = (level[..., 0] * BINS + level[..., 1]) * BINS + level[..., 2]
    counts = np.stack([np.bincount(row, minlength=BINS**3) for row in colour]).astype(np.float64)
    return counts / np.float64(colour.shape[1])
