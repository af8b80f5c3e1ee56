"""Two models judged on the same samples: which answers flipped, and whether that is more than chance.

In: right or wrong, one truth value a sample and model; a source for each sample where several share one.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.statistics.interval import CONFIDENCE, Interval
from tasks.statistics.proportions import codes
from tasks.statistics.ratios import ratio_interval

EXACT_GROUPS = 16  # 2^16 sign patterns are enumerated; beyond, as many are drawn
DRAWS = 2**16


@dataclass(frozen=True)
class Paired:
    """Accuracy of B less that of A as a share, its interval, and what it rests on.

    ``gained``: samples that B alone gets right; ``lost``: that A alone does; ``groups``: independent units.
    """

    difference: float
    interval: Interval
    p_value: float
    gained: int
    lost: int
    n: int
    groups: int

    @property
    def flipped(self) -> int:
        """Samples whose rightness changed."""
        return self.gained + self.lost


def paired_difference(
    a: Sequence[bool], b: Sequence[bool], groups: Sequence[Hashable] | None = None, confidence: float = CONFIDENCE
) -> Paired:
    """The paired difference of two accuracies. Raises ValueError for no samples or unequal lengths.

    Without groups (or all of one sample): exact McNemar and Tango's interval. With: `sign_flips` over the groups, and
    Student's t of the ratio estimator over them (Cochran 1977, §6.4); where groups do not differ, each counts as one
    sample, as for a proportion.
    """
    if not len(a) or not len(a) == len(b) or (groups is not None and len(groups) != len(a)):
        raise ValueError(f"{len(a)} and {len(b)} answers are no pairs; judge both models on the same samples")
    change = np.asarray(b, dtype=np.float64) - np.asarray(a, dtype=np.float64)
    n, gained, lost = len(change), int((change > 0).sum()), int((change < 0).sum())
    place = codes(range(n) if groups is None else groups)
    sums, sizes = np.bincount(place, weights=change), np.bincount(place)
    count, share = len(sizes), (gained - lost) / n
    if count == n:
        interval, p_value = tango_interval(gained, lost, n, confidence), mcnemar(gained, lost)
    else:
        between = ratio_interval(sums, sizes, confidence)
        p_value = sign_flips(sums)
        if between is None or between.low == between.high:
            interval = tango_interval(gained * count / n, lost * count / n, count, confidence)
        else:
            interval = Interval(max(between.low, -1.0), min(between.high, 1.0))
    return Paired(share, interval.containing(share), p_value, gained, lost, n, count)


def mcnemar(gained: int, lost: int) -> float:
    """Exact two-sided p-value: flips fall to either side like a fair coin (McNemar 1947, Psychometrika 12:153-157)."""
    from scipy.special import bdtr

    flips = gained + lost
    return 1.0 if flips == 0 else min(1.0, 2 * float(bdtr(min(gained, lost), flips, 0.5)))


def sign_flips(sums: Any) -> float:
    """Two-sided p-value of the groups' net changes: under no difference every group's sign is a fair coin.

    Exact over all sign patterns (Fisher 1935, The Design of Experiments, §21) for at most `EXACT_GROUPS` groups that
    changed; else `DRAWS` seeded patterns and the one seen (Phipson & Smyth 2010). Keeps its level whatever the
    dependence within a group.
    """
    moved = np.asarray(sums, dtype=np.float64)
    moved = moved[moved != 0]
    if len(moved) <= EXACT_GROUPS:
        totals = np.zeros(1)
        for size in moved:
            totals = np.concatenate([totals - size, totals + size])
        return float((np.abs(totals) >= abs(moved.sum()) - 1e-9).mean())
    signs = np.random.default_rng(0).integers(0, 2, (DRAWS, len(moved)), dtype=np.int8)
    totals = 2 * (signs @ moved) - moved.sum()
    return float(((np.abs(totals) >= abs(moved.sum()) - 1e-9).sum() + 1) / (DRAWS + 1))


def tango_interval(gained: float, lost: float, n: float, confidence: float = CONFIDENCE) -> Interval:
    """Score interval of the paired difference (Tango 1998, Statistics in Medicine 17:891-908).

    The differences δ with |b - c - nδ| ≤ z √(n (2 q + δ (1 - δ))), b gained and c lost, where q, the share lost if δ
    holds, is the larger root of 2n q² + (-b - c + (2n - b + c) δ) q - c δ (1 - δ) = 0. Both ends are bisected.
    """
    from scipy.special import ndtri

    z = float(ndtri((1 + confidence) / 2))

    def outside(delta: float) -> bool:
        linear = -gained - lost + (2 * n - gained + lost) * delta
        q = (-linear + max(linear**2 + 8 * n * lost * delta * (1 - delta), 0.0) ** 0.5) / (4 * n)
        variance = max(n * (2 * q + delta * (1 - delta)), 0.0)
        return bool(abs(gained - lost - n * delta) > z * variance**0.5)

    share = (gained - lost) / n
    return Interval(_edge(outside, share, -1.0), _edge(outside, share, 1.0))


def _edge(outside: Any, inside: float, end: float) -> float:
    """Where ``outside`` begins to hold between a point inside and an end of the range."""
    if not outside(end):
        return end
    for _ in range(60):
        middle = (inside + end) / 2
        inside, end = (inside, middle) if outside(middle) else (middle, end)
    return inside
