"""Intervals over k fresh processes: between them and, for percentiles, within them too.

The point estimate is always the *pooled* statistic, over all timed queries of all processes; every interval here
contains it. The unit of the upper level is the process, so that with k ≥ 2 the interval is Student's t over the
processes' own statistics: in a nested experiment the variance of the top level's means already holds that of the
levels below (Kalibera & Jones 2013, «Rigorous benchmarking in reasonable time»). What it covers is therefore the
statistic that a fresh process is expected to have; the percentile of a mixture of processes that differ as much as
their queries do cannot be bounded from a few of them (reports/coverage.md). With k = 1 only what happened inside that
process is known, and the number is labelled `WITHIN_ONE_PROCESS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tasks.statistics.dependence import effective_size
from tasks.statistics.interval import CONFIDENCE, Interval
from tasks.statistics.means import Numbers, mean_interval
from tasks.statistics.percentiles import percentile, percentile_interval

WITHIN_ONE_PROCESS = "within one process"


def pooled(processes: Sequence[Numbers]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """All numbers of all processes, in order."""
    return np.concatenate([np.asarray(p, dtype=np.float64) for p in processes])


def between_processes(
    statistics: Numbers,
    point: float,
    within: Callable[[], Interval | None] = lambda: None,
    confidence: float = CONFIDENCE,
) -> Interval | None:
    """Interval of a statistic that is known once a process, none of whose values can be negative.

    ``point`` is the pooled statistic; ``within`` gives the interval inside the only process when there is one.
    """
    found = mean_interval(statistics, confidence) if len(statistics) > 1 else within()
    return None if found is None else found.containing(point).not_below(0.0)


def two_level_percentile(processes: Sequence[Numbers], p: float, confidence: float = CONFIDENCE) -> Interval | None:
    """Interval of the percentile that a fresh process is expected to have, around the pooled one.

    The hull of Student's t over the processes' own percentiles, for what differs between them, and of the exact
    interval of the pooled percentile at its effective size, for the shortness of each. Latencies ≥ 0, one sequence a
    process, in the order of time, none empty. None when they are worth fewer independent ones than `percentile_floor`.
    """
    inside = percentile_interval(pooled(processes), p, confidence, effective_size(processes, p))
    if inside is None:
        return None
    between = mean_interval([percentile(x, p) for x in processes], confidence)
    return inside.hull(between).not_below(0.0)
