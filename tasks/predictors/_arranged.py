"""Inputs as a model file wants them, where its batch dimension is not the first, or where an input has none.

In: a predictor and the manifest's inputs. Out: the same predictor, or one that moves the dimension before it predicts:
batches come in with the samples first, as everywhere. Lean, Python 3.9.
"""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from tasks.predictors.base import Base


def arranged(predictor: Base, inputs: Sequence[dict[str, Any]]) -> Base:
    """The predictor itself where every input begins with «batch»."""
    axes = [tensor["shape"].index("batch") if "batch" in tensor["shape"] else None for tensor in inputs]
    return predictor if all(axis == 0 for axis in axes) else Arranged(predictor, axes)


class Arranged:
    """A predictor with its inputs moved; outputs stay as the file gives them."""

    def __init__(self, predictor: Base, axes: list[int | None]) -> None:
        self._predictor, self._axes = predictor, axes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._predictor, name)

    def predict(self, batch: Any) -> Any:
        """Samples first in every input; of one without a batch dimension, the first sample's value."""
        given = batch if isinstance(batch, tuple) else (batch,)
        moved = [_moved(array, axis) for array, axis in zip(given, self._axes)]  # noqa: B905  (Python 3.9)
        return self._predictor.predict(moved[0] if len(moved) == 1 else tuple(moved))


def _moved(array: Any, axis: int | None) -> Any:
    return np.asarray(array[0]) if axis is None else np.ascontiguousarray(np.moveaxis(array, 0, axis))
