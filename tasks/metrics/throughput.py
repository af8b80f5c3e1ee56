"""Throughput: completed samples / wall time of the timed part, gaps between queries included."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from tasks.metrics.base import Metric, timed
from tasks.results.measurement import Estimate, Measurement
from tasks.results.process import Process
from tasks.statistics import WITHIN_ONE_PROCESS, Interval, between_processes, ratio, ratio_interval

Count = Callable[[pd.DataFrame], "pd.Series[int]"]


def samples(queries: pd.DataFrame) -> "pd.Series[int]":
    """How many each query brings."""
    return queries["samples"]


def per_second(measurement: Measurement, count: Count = samples, unit: str = "samples/s") -> Estimate | None:
    """What ``count`` says of each query, per second over all timed processes.

    Student's t over processes, or over queries when there is one.
    """
    processes = [p for p in timed(measurement) if p.wall_s > 0 and not p.facts.get("search")]
    if not processes:
        return None
    counts, walls = [int(count(p.timed).sum()) for p in processes], [p.wall_s for p in processes]
    value = ratio(counts, walls)
    interval = between_processes(np.divide(counts, walls), value, within=lambda: _within(processes[0], count))
    low, high = (interval.low, interval.high) if interval else (None, None)
    note = WITHIN_ONE_PROCESS if len(processes) == 1 else ""
    return Estimate(value, unit, low, high, n=sum(counts), processes=len(processes), note=note)


def _within(process: Process, count: Count) -> Interval | None:
    """Each query with the time until the next one starts; the last one with the time until it ends."""
    starts_s = process.timed["start_ns"].to_numpy() / 1e9
    until = np.maximum(np.append(starts_s[1:], starts_s[0] + process.wall_s), starts_s)
    return ratio_interval(count(process.timed).to_numpy(), until - starts_s)


METRICS = (
    Metric(
        "throughput",
        "throughput_per_s",
        "samples/s",
        "higher",
        "end_to_end",
        "Σ samples / Σ wall time over the timed processes",
        per_second,
    ),
)
