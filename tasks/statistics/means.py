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
    if len(ordered) - 2 * _cut(len(ordered)) < 2:
        return None
    centre, error, degrees = _trimmed(ordered, _cut(len(ordered)))
    half = student(confidence, degrees) * error
    return Interval(centre - half, centre + half)


def midmean(xs: Numbers) -> tuple[float, float, int]:
    """Mean of the middle half, its standard error, and degrees of freedom for Student's t; of two numbers or more.

    A quarter is cut off at each end, from eight numbers on; fewer are all kept. What befalls one process in ten, such
    as a neighbour's burst, does not widen it (Tukey & McLaughlin 1963, Sankhya A 25:331-352; Yuen 1974, Biometrika
    61:165-170). Degrees are one less than Yuen's h - 1, with which small levels are exceeded twofold on normal numbers
    (reports/coverage.md).
    """
    ordered = _sorted(xs)
    cut = len(ordered) // 4 if len(ordered) >= 8 else 0
    centre, error, degrees = _trimmed(ordered, cut)
    return centre, error, degrees - (cut > 0)


def _trimmed(ordered: np.ndarray[tuple[int], np.dtype[np.float64]], cut: int) -> tuple[float, float, int]:
    """Trimmed mean, s_w √(n-1) / √(h (h-1)) with s_w the winsorised deviation and h numbers left, and h - 1."""
    n, left = len(ordered), len(ordered) - 2 * cut
    winsorised = np.clip(ordered, ordered[cut], ordered[n - cut - 1])
    error = float(winsorised.std(ddof=1)) * math.sqrt((n - 1) / (left * (left - 1)))
    return float(ordered[cut : n - cut].mean()), error, left - 1


def _sorted(xs: Numbers) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    ordered = np.sort(np.asarray(xs, dtype=np.float64))
    if not len(ordered):
        raise ValueError("there are no numbers to summarise")
    return ordered


def _cut(n: int) -> int:
    return n // 5  # floor(.2n), in integers
