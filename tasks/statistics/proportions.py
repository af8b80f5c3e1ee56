"""Intervals of a proportion such as an accuracy: exact when samples are independent, design-based when they are not."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from tasks.statistics.interval import CONFIDENCE, Interval, student, tail
from tasks.statistics.ratios import ratio_error


def proportion_interval(successes: float, n: float, confidence: float = CONFIDENCE) -> Interval:
    """Exact interval of Clopper & Pearson (1934). Real counts are allowed, for effective sample sizes.

    Raises ValueError unless 0 ≤ successes ≤ n and n > 0.
    """
    from scipy.special import betaincinv

    if not (0 <= successes <= n and n > 0):
        raise ValueError(f"{successes} successes of {n} are no proportion")
    half = tail(confidence)
    low = 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, half))
    high = 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, 1 - half))
    return Interval(low, high)


def clustered_proportion_interval(
    right: Sequence[bool], groups: Sequence[Hashable], confidence: float = CONFIDENCE
) -> Interval:
    """Interval of a proportion whose samples depend on each other within a group (crops of one picture).

    Clopper-Pearson at the effective sample size n* = p(1-p) / v · (t(n-1) / t(G-1))², at most n, where v is the
    ratio-estimator variance over the G groups (Korn & Graubard 1998, Survey Methodology 24:193-201). Where v says
    nothing (all right, all wrong, one group) every group counts as one sample.
    """
    values = np.asarray(right, dtype=np.float64)
    n, share = len(values), float(values.mean())
    place = codes(groups)
    count = int(place.max()) + 1
    if count == n:
        return proportion_interval(float(values.sum()), n, confidence)
    effective = float(count)
    error = ratio_error(np.bincount(place, weights=values), np.bincount(place)) if count > 1 else 0.0
    if error > 0 and 0 < share < 1:
        shrink = student(confidence, n - 1) / student(confidence, count - 1)
        effective = min(float(n), share * (1 - share) / error**2 * shrink**2)
    return proportion_interval(share * effective, effective, confidence).containing(share)


def codes(groups: Sequence[Hashable]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Groups numbered 0 … in the order they come."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(g, len(numbers)) for g in groups], dtype=np.intp)
