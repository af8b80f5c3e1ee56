"""What a pipeline begins with: the inputs of its first model, and the pictures that they were made of.

In: encoded samples, or synthetic inputs. Out: one `Pictured` a sample, and batches of them. Knows no predictor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, List

import numpy as np

from tasks.processing import BEFORE, compose
from tasks.processing.seams import of_pictures


@dataclass(frozen=True)
class Pictured:
    """``inputs`` of the first model, and ``pictures``, uint8 RGB (height, width, 3): one a sample, so many a batch."""

    inputs: Any
    pictures: List[Any]


def stacked(samples: list[Any]) -> Any:
    """Samples as one batch; those of several inputs as a tuple of batches."""
    if isinstance(samples[0], Pictured):
        return Pictured(stacked([s.inputs for s in samples]), [p for s in samples for p in s.pictures])
    if isinstance(samples[0], tuple):
        return tuple(np.stack(arrays) for arrays in zip(*samples))  # noqa: B905  (Python 3.9)
    return samples[0][None] if len(samples) == 1 else np.stack(samples)


def pictured(request: dict[str, Any]) -> Callable[[Any], Pictured]:
    """From what a sample is read as; synthetic ones are inputs already, and are looked at as pictures themselves."""
    first, allowed = request["pipeline"][0], request["allow_modules"]
    if request["dataset"]["kind"] == "synthetic":
        return lambda arrays: Pictured(arrays, [_shown(arrays, first["inputs"][0])])
    picture = compose(request["preprocess"], BEFORE, allowed)
    inputs = of_pictures(first["preprocess"], compose, allowed)

    def both(encoded: Any) -> Pictured:
        seen = picture(encoded)
        return Pictured(inputs(seen), [seen])

    return both


def _shown(arrays: Any, tensor: dict[str, Any]) -> Any:
    """An input as a picture: its range as 0 … 255."""
    array = np.asarray(arrays[0] if isinstance(arrays, tuple) else arrays, dtype=np.float64)
    low, high = tensor["range"]
    levels = np.moveaxis((array - low) * (255 / max(high - low, 1e-9)), tensor["layout"][1:].index("C"), -1)
    pixels = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    return pixels if pixels.shape[2] == 3 else np.repeat(pixels[:, :, :1], 3, axis=2)
