"""Steps on a batch of outputs: scores → probabilities → the best classes; pictures → pixels; values → their units."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import numpy as np

from tasks.plugins import Range
from tasks.processing.registry import after


class Ranked(NamedTuple):
    """The best classes of each sample, best first: class indices and scores, both (batch, k)."""

    classes: Any
    scores: Any


@after
def softmax(scores: Any, *, axis: int) -> Any:
    """exp(x − max) / Σ exp(x − max) along ``axis``."""
    shifted = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return shifted / shifted.sum(axis=axis, keepdims=True)


@after
def top_k(scores: Any, *, k: Annotated[int, Range(gt=0)]) -> Ranked:
    """The ``k`` best of (batch, classes), best first; of equal scores the lower class index."""
    classes = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return Ranked(classes, np.take_along_axis(scores, classes, axis=1))


@after
def pixels(pictures: Any, *, scale: Annotated[float, Range(gt=0)]) -> Any:
    """Pictures of real numbers → uint8: times ``scale``, rounded, cut to 0 … 255; what is no number becomes 0."""
    return np.clip(np.rint(np.nan_to_num(pictures, nan=0.0) * np.float32(scale)), 0, 255).astype(np.uint8)


@after
def best_class(scores: Any, *, axis: int) -> Any:
    """(batch, classes, h, w) → (batch, h, w): where along ``axis`` the score is largest, the first of equals."""
    return np.argmax(scores, axis=axis)


@after
def rescale(values: Any, *, scale: Annotated[float, Range(gt=0)], shift: float) -> Any:
    """Normalised values → those of the data: times ``scale``, plus ``shift``, in float64."""
    return np.asarray(values, dtype=np.float64) * scale + shift
