"""Means of independent numbers, plain and trimmed, and their Student-t intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Union

import numpy as np

from tasks.statistics.interval import CONFIDENCE, Interval, student

Numbers = Union[Sequence[float], "np.ndarray[Any, np.dtype[Any]]"]


def trimmed_mean(xs: Numbers) -> float:
    """``mean(sorted(xs)[floor(.2n) : n - floor(.2n)])``, as in MLModelScope. Raises ValueError for no numbers."""
    ordered = _sorted(xs)
    cut = _cut(len(ordered))
    return float(ordered[cut : len(ordered) - cut].mean())


def mean_interval(xs: Numbers, confidence: float = CONFIDENCE) -> Interval | None:
    """Student-t interval of the mean: mean ± t(n-1) · s / √n (Student 1908). None for fewer than two numbers."""
    values = _sorted(xs)
    if len(values) < 2:
        return None
    half = student(confidence, len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))
    centre = float(values.mean())
    return Interval(centre - half, centre + half).containing(centre)


def trimmed_mean_interval(xs: Numbers, confidence: float = CONFIDENCE) -> Interval | None:
    """Interval of the 20 % trimmed mean from the winsorised deviation s_w (Tukey & McLaughlin 1963).

    mean ± t(h-1) · s_w · √(n-1) / √(h (h-1)), with h numbers left after trimming. None for h < 2.
    """
    ordered = _sorted(xs)
    n, cut = len(ordered), _cut(len(ordered))
    left = n - 2 * cut
    if left < 2:
        return None
    winsorised = np.clip(ordered, ordered[cut], ordered[n - cut - 1])
    error = float(winsorised.std(ddof=1)) * math.sqrt((n - 1) / (left * (left - 1)))
    half, centre = student(confidence, left - 1) * error, trimmed_mean(ordered)
    return Interval(centre - half, centre + half)


def _sorted(xs: Numbers) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    ordered = np.sort(np.asarray(xs, dtype=np.float64))
    if not len(ordered):
        raise ValueError("there are no numbers to summarise")
    return ordered


def _cut(n: int) -> int:
    return n // 5  # floor(.2n), in integers
