"""A ratio of two sums, such as samples per second over queries, and the mean of several, with their intervals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tasks.statistics.interval import CONFIDENCE, Interval, student
from tasks.statistics.means import Numbers

Table = Any  # (units, columns) float64


def ratio(numerators: Numbers, denominators: Numbers) -> float:
    """Σ numerators / Σ denominators. Raises ValueError when the denominators sum to 0."""
    total = float(np.sum(denominators))
    if total == 0:
        raise ValueError("the denominators sum to 0")
    return float(np.sum(numerators)) / total


def ratio_error(numerators: Numbers, denominators: Numbers) -> float:
    """Standard error of the ratio by linearisation: √(n / (n-1) · Σ (y - R x)²) / Σ x (Cochran 1977, §6.4).

    Both have one number a unit (query, group), n ≥ 2 units that are independent of each other.
    """
    y, x = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    residuals = y - ratio(y, x) * x
    n = len(y)
    return math.sqrt(n / (n - 1) * float(residuals @ residuals)) / float(x.sum())


def ratio_interval(numerators: Numbers, denominators: Numbers, confidence: float = CONFIDENCE) -> Interval | None:
    """ratio ± t(n-1) · `ratio_error`; None for fewer than two units."""
    n = len(numerators)
    if n < 2:
        return None
    centre = ratio(numerators, denominators)
    half = student(confidence, n - 1) * ratio_error(numerators, denominators)
    return Interval(centre - half, centre + half)


def mean_ratio(numerators: Table, denominators: Table) -> float:
    """The mean over columns of Σ numerators / Σ denominators; both (units, columns), and no column sums to 0."""
    return float(np.mean([ratio(y, x) for y, x in zip(numerators.T, denominators.T)]))  # noqa: B905  (Python 3.9)


def mean_ratio_interval(numerators: Table, denominators: Table, confidence: float = CONFIDENCE) -> Interval | None:
    """`mean_ratio` ± t(n-1) · its standard error by linearisation, as `ratio_error`; None for fewer than two units.

    A unit's residual is the mean over columns of (y - R x) / Σ x (Cochran 1977, §6.4, and the sum of several ratios).
    """
    n = len(numerators)
    if n < 2:
        return None
    totals = denominators.sum(axis=0)
    residuals = ((numerators - numerators.sum(axis=0) / totals * denominators) / totals).mean(axis=1)
    half = student(confidence, n - 1) * math.sqrt(n / (n - 1) * float(residuals @ residuals))
    centre = mean_ratio(numerators, denominators)
    return Interval(centre - half, centre + half)
