"""Percentiles of a queue: its latencies depend on each other, so that independently seeded replications are the unit.

Replications are alike, where processes need not be: what differs between them is chance. Start-up is left out before
(`warmup`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tasks.statistics.dependence import effective_size
from tasks.statistics.interval import CONFIDENCE, Interval, student
from tasks.statistics.means import Numbers, mean_interval
from tasks.statistics.percentiles import percentile, percentile_interval
from tasks.statistics.two_level import pooled

LEAST = 5
BEYOND = 2


def replicated_percentile(replications: Sequence[Numbers], p: float, confidence: float = CONFIDENCE) -> Interval | None:
    """Interval of the long-run percentile, around the pooled one. One sequence a replication, in the order of time.

    The hull of three: the exact interval at the effective size, Student's t over the replications' percentiles, and
    Student's t over the replications' shares at the pooled percentile, read back as percentiles (Woodruff 1952, J. Am.
    Statist. Ass. 47:635-646), which no shortness of a replication biases. None for fewer than `LEAST` replications,
    below `percentile_floor` effective samples together, or below `replication_floor` effective samples each: shorter
    ones have not seen the slow movements that they would be judged by.
    """
    worth = effective_size(replications, p, alike=True)
    if len(replications) < LEAST or worth < len(replications) * replication_floor(p):
        return None
    inside = percentile_interval(pooled(replications), p, confidence, worth)
    if inside is None:
        return None
    between = mean_interval([percentile(x, p) for x in replications], confidence)
    return inside.hull(between).hull(_woodruff(replications, p, confidence)).not_below(0.0)


def replication_floor(p: float) -> int:
    """The least effective samples a replication: `BEYOND` of them beyond the percentile."""
    return math.ceil(round(BEYOND / min(p, 1 - p), 9))


def _woodruff(replications: Sequence[Numbers], p: float, confidence: float) -> Interval:
    ordered = np.sort(pooled(replications))
    point, n = percentile(ordered, p), len(ordered)
    shares = [float((np.asarray(x) <= point).mean()) for x in replications]
    half = student(confidence, len(shares) - 1) * float(np.std(shares, ddof=1)) / math.sqrt(len(shares))
    low, high = max(math.floor(n * (p - half)), 1), min(math.ceil(n * (p + half)), n)
    return Interval(float(ordered[low - 1]), float(ordered[high - 1])).containing(point)
