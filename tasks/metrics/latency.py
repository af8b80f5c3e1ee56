"""Latency of one query in ms: trimmed mean and percentiles, inside four boundaries that are never mixed.

``predict`` is the framework call alone, ``end_to_end`` is pre-process + predict + post-process. Where queries arrive by
a schedule, ``queue`` is from the scheduled arrival to the start, and ``response`` = queue + end_to_end.
Point estimates are over all timed queries of all timed processes; the interval holds both levels, within and between
processes.
"""

from functools import partial
from typing import Any, Literal

import numpy as np

from tasks.metrics.base import Metric, timed
from tasks.results.measurement import Estimate, Measurement
from tasks.statistics import (
    WITHIN_ONE_PROCESS,
    Interval,
    between_processes,
    effective_size,
    percentile,
    pooled,
    too_few,
    trimmed_mean,
    trimmed_mean_interval,
    two_level_percentile,
)

Timing = Literal["predict", "end_to_end", "queue", "response"]
SCHEDULED = ("queue", "response")  # boundaries that begin with a scheduled arrival
PERCENTS = (50, 90, 99)
MORE = "raise scenario.min_queries or scenario.min_duration_s"


def latencies_ms(measurement: Measurement, boundary: Timing) -> "list[np.ndarray[Any, np.dtype[np.float64]]]":
    """One array a timed process, one number a timed query, in ms."""
    processes = [p for p in timed(measurement) if boundary not in SCHEDULED or "queue_ns" in p.latencies]
    return [p.latency_ns(boundary) / 1e6 for p in processes]


def trimmed_mean_ms(measurement: Measurement, boundary: Timing) -> Estimate | None:
    """The 20 % trimmed mean of MLModelScope."""
    processes = latencies_ms(measurement, boundary)
    if not processes:
        return None
    everything = pooled(processes)
    value = trimmed_mean(everything)
    means = [trimmed_mean(x) for x in processes]
    interval = between_processes(means, value, within=lambda: trimmed_mean_interval(everything))
    return _estimate(value, interval, len(everything), len(processes))


def percentile_ms(measurement: Measurement, boundary: Timing, percent: float) -> Estimate | None:
    """The nearest-rank percentile; without a value below the number of queries that its interval needs."""
    processes = latencies_ms(measurement, boundary)
    if not processes:
        return None
    everything, p = pooled(processes), percent / 100
    interval = two_level_percentile(processes, p)
    if interval is None:
        note = f"{too_few(p, len(everything), effective_size(processes, p))}; {MORE}"
        return Estimate(None, "ms", n=len(everything), processes=len(processes), note=note)
    return _estimate(percentile(everything, p), interval, len(everything), len(processes))


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
