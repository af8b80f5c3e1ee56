"""Latency of one query in ms: trimmed mean and percentiles, inside four boundaries that are never mixed.

``predict`` is the framework call alone, ``end_to_end`` is pre-process + predict + post-process. Where queries arrive by
a schedule, ``queue`` is from the scheduled arrival to the start, and ``response`` = queue + end_to_end.
Point estimates are over all timed queries of all timed processes; the interval holds both levels, within and between
processes. Latencies from a scheduled arrival depend on each other, through the queue: their unit is the schedule,
replicated with fresh seeds (one a process; several in a search), without the start that differs from its rest.
"""

from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from tasks.metrics.base import Metric, timed
from tasks.results.measurement import Estimate, Measurement
from tasks.results.process import latency_ns
from tasks.statistics import (
    LEAST_REPLICATIONS,
    WITHIN_ONE_PROCESS,
    Interval,
    between_processes,
    effective_size,
    enough_queries,
    mean_interval,
    percentile,
    pooled,
    replicated_percentile,
    replicated_rule,
    too_few,
    too_few_replicated,
    trimmed_mean,
    trimmed_mean_interval,
    two_level_percentile,
    warmup,
)

Latencies = np.ndarray[Any, np.dtype[np.float64]]
Timing = Literal["predict", "end_to_end", "queue", "response"]
SCHEDULED = ("queue", "response")  # boundaries that begin with a scheduled arrival
PERCENTS = (50, 90, 99)
MORE = "raise scenario.min_queries or scenario.min_duration_s"


def latencies_ms(measurement: Measurement, boundary: str) -> list[Latencies]:
    """One array a timed process, one number a timed query, in ms; ``boundary`` as `Process.latency_ns` has it."""
    if boundary in SCHEDULED:
        return [pooled(schedules) for schedules in schedules_ms(measurement, boundary)]
    return [p.latency_ns(boundary) / 1e6 for p in timed(measurement)]


def schedules_ms(measurement: Measurement, boundary: str) -> list[list[Latencies]]:
    """For each timed process one array a schedule, in the order of time, from where the responses have warmed up."""
    processes = [p for p in timed(measurement) if "queue_ns" in p.latencies]
    return [[latency_ns(q, boundary)[start(q) :] / 1e6 for q in p.schedules] for p in processes]


def start(queries: pd.DataFrame) -> int:
    """How many queries to leave out: those that differ from the rest by more than chance."""
    seen = warmup(latency_ns(queries, "response"))
    return seen.samples if seen.found else 0


def trimmed_mean_ms(measurement: Measurement, boundary: str) -> Estimate | None:
    """The 20 % trimmed mean of MLModelScope."""
    processes = latencies_ms(measurement, boundary)
    if not processes:
        return None
    everything = pooled(processes)
    value = trimmed_mean(everything)
    means = [trimmed_mean(x) for x in processes]
    inside = (lambda: None) if boundary in SCHEDULED else partial(trimmed_mean_interval, everything)
    interval = between_processes(means, value, within=inside)
    return _estimate(value, interval, len(everything), len(processes))


def percentile_ms(measurement: Measurement, boundary: str, percent: float) -> Estimate | None:
    """The nearest-rank percentile; without a value below the number of queries that its interval needs."""
    if boundary in SCHEDULED:
        return replicated_ms(schedules_ms(measurement, boundary), percent / 100)
    processes = latencies_ms(measurement, boundary)
    return estimated(processes, percent / 100) if processes else None


def estimated(processes: list[Latencies], p: float) -> Estimate:
    """The p-quantile of independent times in ms, an array a process, with the interval that holds both levels."""
    everything = pooled(processes)
    interval = two_level_percentile(processes, p)
    if interval is None:
        note = f"{too_few(p, len(everything), effective_size(processes, p))}; {MORE}"
        return Estimate(None, "ms", n=len(everything), processes=len(processes), note=note)
    return _estimate(percentile(everything, p), interval, len(everything), len(processes))


def replicated_ms(processes: list[list[Latencies]], p: float) -> Estimate | None:
    """Over schedules; where a process ran several, its own part in what differs is held by Student's t over processes.

    ``note`` is the rule that the interval follows, or why there is none.
    """
    if not processes:
        return None
    schedules = [x for process in processes for x in process]
    everything, interval = pooled(schedules), replicated_percentile(schedules, p)
    n, fresh = len(everything), len(processes)
    if interval is None:
        few = len(schedules) < LEAST_REPLICATIONS
        most = f"raise scenario.min_queries to about {enough_queries(schedules, p)}, or replay a longer trace"
        out = f"set scenario.repetitions={LEAST_REPLICATIONS} or more" if few else most
        return Estimate(None, "ms", n=n, processes=fresh, note=f"{too_few_replicated(schedules, p)}; {out}")
    if len(schedules) > fresh:
        interval = interval.hull(mean_interval([percentile(pooled(x), p) for x in processes])).not_below(0.0)
    note = replicated_rule(schedules, p)
    return Estimate(percentile(everything, p), "ms", interval.low, interval.high, n=n, processes=fresh, note=note)


def _estimate(value: float, interval: Interval | None, n: int, processes: int) -> Estimate:
    low, high = (interval.low, interval.high) if interval else (None, None)
    note = WITHIN_ONE_PROCESS if processes == 1 else ""
    return Estimate(value, "ms", low, high, n=n, processes=processes, note=note)


def _of(boundary: Timing) -> tuple[Metric, ...]:
    mean = "mean(sorted(xs)[floor(.2n) : n - floor(.2n)]) over the timed queries' latencies"
    rank = "x_(⌈{:g} n⌉) of the n timed queries' latencies"
    kinds = [("trimmed_mean_ms", mean, partial(trimmed_mean_ms, boundary=boundary))]
    kinds += [
        (f"p{p}_ms", rank.format(p / 100), partial(percentile_ms, boundary=boundary, percent=p)) for p in PERCENTS
    ]
    return tuple(Metric(boundary, f"{boundary}_{k}", "ms", "lower", boundary, f, compute) for k, f, compute in kinds)


METRICS = (*_of("predict"), *_of("end_to_end"), *_of("queue"), *_of("response"))
