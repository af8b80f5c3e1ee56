"""Throughput: completed samples / wall time of the timed part, gaps between queries included."""

import numpy as np

from tasks.metrics.base import Metric, timed
from tasks.results.measurement import Estimate, Measurement
from tasks.results.process import Process
from tasks.statistics import WITHIN_ONE_PROCESS, Interval, between_processes, ratio, ratio_interval


def per_second(measurement: Measurement) -> Estimate | None:
    """Samples per second over all timed processes; Student's t over processes, or over queries when there is one."""
    processes = [p for p in timed(measurement) if p.wall_s > 0 and not p.facts.get("search")]
    if not processes:
        return None
    samples, walls = [int(p.timed["samples"].sum()) for p in processes], [p.wall_s for p in processes]
    value = ratio(samples, walls)
    interval = between_processes(np.divide(samples, walls), value, within=lambda: _within(processes[0]))
    low, high = (interval.low, interval.high) if interval else (None, None)
    note = WITHIN_ONE_PROCESS if len(processes) == 1 else ""
    return Estimate(value, "samples/s", low, high, n=sum(samples), processes=len(processes), note=note)


def _within(process: Process) -> Interval | None:
    """Each query with the time until the next one starts; the last one with the time until it ends."""
    starts_s = process.timed["start_ns"].to_numpy() / 1e9
    until = np.maximum(np.append(starts_s[1:], starts_s[0] + process.wall_s), starts_s)
    return ratio_interval(process.timed["samples"].to_numpy(), until - starts_s)


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
