"""How late the issuer announced queries, against the schedule: what the arrivals really were."""

from functools import partial

import numpy as np

from tasks.metrics.base import Metric, timed
from tasks.results.measurement import Estimate, Measurement
from tasks.statistics import WITHIN_ONE_PROCESS, between_processes


def late_us(measurement: Measurement, percent: int) -> Estimate | None:
    """The mean over processes of the percentile in each; None without a schedule, or where its time is simulated."""
    processes = [p for p in timed(measurement) if "issue_error_ns" in p.latencies]
    if not processes:
        return None
    each = [float(np.percentile(p.timed["issue_error_ns"], percent)) / 1e3 for p in processes]
    value, n = float(np.mean(each)), sum(len(p.timed) for p in processes)
    interval = between_processes(each, value)
    low, high = (interval.low, interval.high) if interval else (None, None)
    return Estimate(value, "us", low, high, n, len(each), WITHIN_ONE_PROCESS if len(each) == 1 else "")


METRICS = tuple(
    Metric(
        "issue_error",
        f"issue_error_p{percent}_us",
        "us",
        "lower",
        "process",
        f"mean over timed processes of p{percent} of (announced - scheduled)",
        partial(late_us, percent=percent),
    )
    for percent in (50, 99)
)
