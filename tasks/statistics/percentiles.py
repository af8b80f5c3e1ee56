"""Percentiles as order statistics, their exact intervals, and the least n at which one may be stated.

One definition: the inverse of the empirical distribution function, x_(⌈np⌉) (nearest rank; Hyndman & Fan 1996,
type 1), because it is an order statistic, which is what the exact interval is about.
One rule: a percentile is stated only when its exact two-sided equal-tail interval exists, both ends finite; numbers
that depend on each other count as the independent ones they are worth.
"""

from __future__ import annotations

import math

import numpy as np

from tasks.statistics.interval import CONFIDENCE, Interval, tail
from tasks.statistics.means import Numbers


def percentile(xs: Numbers, p: float) -> float:
    """x_(⌈np⌉) of n numbers, ``p`` in (0, 1). Raises ValueError for no numbers or another p."""
    values = np.asarray(xs, dtype=np.float64)
    if not len(values):
        raise ValueError("there are no numbers to summarise")
    # rounding first: .07 · 100 is 7.000000000000001 in binary floating point, and its ceiling 8
    rank = max(math.ceil(round(_share(p) * len(values), 9)), 1)
    return float(np.partition(values, rank - 1)[rank - 1])


def percentile_interval(
    xs: Numbers, p: float, confidence: float = CONFIDENCE, effective: float | None = None
) -> Interval | None:
    """Exact equal-tail interval [x_(r), x_(s)] of the p-quantile of independent numbers; None below the floor.

    With B ~ Binomial(n, p): r is the largest rank with P(B < r) ≤ α/2, s the smallest with P(B ≥ s) ≤ α/2, so that
    coverage is at least 1 - α whatever the distribution (David & Nagaraja, Order Statistics, 3rd ed., §7.1).
    Numbers worth fewer independent ones (`effective`, from `effective_size`) have the ranks of that many, stretched
    outwards to n: then it is approximate, as the interval of a quantile from a survey is (Woodruff 1952).
    """
    ordered = np.sort(np.asarray(xs, dtype=np.float64))
    n = len(ordered)
    worth = n if effective is None else min(int(effective), n)
    ranks = interval_ranks(worth, p, confidence)
    if ranks is None:
        return None
    low, high = (ranks[0] - 1) * n // worth, -(-ranks[1] * n // worth) - 1
    return Interval(float(ordered[low]), float(ordered[high]))


def interval_ranks(n: int, p: float, confidence: float = CONFIDENCE) -> tuple[int, int] | None:
    """The ranks (r, s), 1-based, of `percentile_interval`; None when an end does not exist."""
    from scipy.special import bdtr

    half = tail(confidence)
    if n < percentile_floor(p, confidence):
        return None
    below = np.asarray(bdtr(np.arange(n), n, p))  # below[k] = P(B ≤ k), k = 0 … n-1
    r = int(np.searchsorted(below, half, side="right"))
    s = int(np.searchsorted(below, 1 - half, side="left")) + 1
    return r, s


def percentile_floor(p: float, confidence: float = CONFIDENCE) -> int:
    """The least n with p^n ≤ α/2 (the upper end is finite) and (1-p)^n ≤ α/2 (the lower end too)."""
    worse = max(_share(p), 1 - p)
    n = max(1, math.floor(math.log(tail(confidence)) / math.log(worse)) - 1)
    while worse**n > tail(confidence):
        n += 1
    return n


def percentile_rule(p: float, confidence: float = CONFIDENCE) -> str:
    """The rule in words, as it stands beside a percentile."""
    floor = percentile_floor(p, confidence)
    return f"two-sided {100 * confidence:.6g} %, exact, equal tails; needs at least {floor} independent samples"


def too_few(p: float, n: int, effective: float | None = None, confidence: float = CONFIDENCE) -> str:
    """Why a percentile of n queries is not stated, in words."""
    needs = f"needs at least {percentile_floor(p, confidence)} queries for a {100 * confidence:.6g} % interval"
    if effective is None or int(effective) >= n:
        return f"{needs}, there are {n}"
    return f"{needs}; the {n} there are depend on each other and are worth {int(effective)}"


def _share(p: float) -> float:
    if not 0 < p < 1:
        raise ValueError(f"a percentile is given as a share between 0 and 1, not {p}")
    return p
