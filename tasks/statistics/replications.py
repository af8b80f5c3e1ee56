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

LEAST_REPLICATIONS = 5
BEYOND = 2


def replicated_percentile(replications: Sequence[Numbers], p: float, confidence: float = CONFIDENCE) -> Interval | None:
    """Interval of the long-run percentile, around the pooled one. One sequence a replication, in the order of time.

    The hull of three: the exact interval at the effective size, Student's t over the replications' percentiles, and
    Student's t over the replications' shares at the pooled percentile, read back as percentiles (Woodruff 1952, J. Am.
    Statist. Ass. 47:635-646), which no shortness of a replication biases. None for fewer than `LEAST_REPLICATIONS`,
    below `percentile_floor` effective samples together, or below `replication_floor` effective samples each: shorter
    ones have not seen the slow movements that they would be judged by.
    """
    worth = effective_size(replications, p, alike=True)
    if len(replications) < LEAST_REPLICATIONS or worth < len(replications) * replication_floor(p):
        return None
    inside = percentile_interval(pooled(replications), p, confidence, worth)
    if inside is None:
        return None
    between = mean_interval([percentile(x, p) for x in replications], confidence)
    return inside.hull(between).hull(_woodruff(replications, p, confidence)).not_below(0.0)


def replication_floor(p: float) -> int:
    """The least effective samples a replication: `BEYOND` of them beyond the percentile."""
    return math.ceil(round(BEYOND / min(p, 1 - p), 9))


def replicated_rule(replications: Sequence[Numbers], p: float, confidence: float = CONFIDENCE) -> str:
    """The rule in words, as it stands beside a percentile that `replicated_percentile` gave."""
    worth = int(effective_size(replications, p, alike=True))
    said = f"two-sided {100 * confidence:.6g} %, {len(replications)} replications"
    return f"{said}, worth {worth} independent queries"


def too_few_replicated(replications: Sequence[Numbers], p: float) -> str:
    """Why `replicated_percentile` gave none, in words."""
    count, worth = len(replications), int(effective_size(replications, p, alike=True))
    if count < LEAST_REPLICATIONS:
        there = "there is 1" if count == 1 else f"there are {count}"
        return f"needs at least {LEAST_REPLICATIONS} independently seeded replications, {there}"
    needs = f"needs queries worth {replication_floor(p)} independent ones in each of {count} replications"
    return f"{needs}; the {sum(map(len, replications))} there are depend on each other and are worth {worth} together"


def enough_queries(replications: Sequence[Numbers], p: float) -> int:
    """About how many queries a replication would do: those there are over what they are worth, half as much again."""
    worth = max(effective_size(replications, p, alike=True), 1.0)
    wanted = 1.5 * replication_floor(p) * sum(map(len, replications)) / worth
    return math.ceil(wanted / 100) * 100


def _woodruff(replications: Sequence[Numbers], p: float, confidence: float) -> Interval:
    ordered = np.sort(pooled(replications))
    point, n = percentile(ordered, p), len(ordered)
    shares = [float((np.asarray(x) <= point).mean()) for x in replications]
    half = student(confidence, len(shares) - 1) * float(np.std(shares, ddof=1)) / math.sqrt(len(shares))
    low, high = max(math.floor(n * (p - half)), 1), min(math.ceil(n * (p + half)), n)
    return Interval(float(ordered[low - 1]), float(ordered[high - 1])).containing(point)
