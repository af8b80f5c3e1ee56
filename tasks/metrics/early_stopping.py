"""MLPerf LoadGen's early stopping on our own queries: a one-sided 99 % bound, a process being one run.

It assumes that the queries of a process are independent of each other, and says so. Formula and source:
tasks/statistics/early_stopping.py. Only where one stream was judged: no overlap, no clients, no several points.
"""

from functools import partial

import numpy as np

from tasks.metrics.base import Metric, timed
from tasks.results.measurement import Estimate, Measurement
from tasks.results.process import Process
from tasks.statistics import allowed, early_stopping_estimate, least_queries

ASSUMES = "assumes independent samples"


def estimate_ms(measurement: Measurement, percent: int) -> Estimate | None:
    """Single stream's and multi stream's rule: the mean over processes of each one's estimate, in ms."""
    processes, p = [x for x in timed(measurement) if _closed(x)], percent / 100
    if not processes:
        return None
    n, least = sum(len(x.timed) for x in processes), least_queries(1, p)
    each = [early_stopping_estimate(x.latency_ns("end_to_end"), p) for x in processes]
    known = [ns / 1e6 for ns in each if ns is not None]
    if len(known) < len(each):
        note = f"needs at least {least} queries in each process; {ASSUMES}; raise scenario.min_queries"
        return Estimate(None, "ms", n=n, processes=len(processes), note=note)
    return Estimate(float(np.mean(known)), "ms", n=n, processes=len(processes), note=f"one-sided 99 %; {ASSUMES}")


def passed(measurement: Measurement) -> Estimate | None:
    """The server's rule: the share of processes with so few late queries that it is no chance."""
    processes = [x for x in timed(measurement) if _bounded(x)]
    if not processes:
        return None
    each = [_passes(x) for x in processes]
    n, note = sum(len(x.timed) for x in processes), f"one-sided 99 %; {ASSUMES}"
    return Estimate(float(np.mean(each)), "fraction", n=n, processes=len(each), note=note)


def _passes(process: Process) -> bool:
    bound, response = process.facts["bound"], process.latency_ns("response")
    late = int((response > 1e6 * bound["ms"]).sum())
    return allowed(late, len(response), bound["percentile"] / 100)


def _closed(process: Process) -> bool:
    return not ({"queue_ns", "waiting_ns", "point"} & set(process.latencies) or process.facts.get("clients"))


def _bounded(process: Process) -> bool:
    return "queue_ns" in process.latencies and bool(process.facts.get("bound")) and not process.facts.get("search")


METRICS = (
    *(
        Metric(
            "early_stopping",
            f"early_stopping_p{percent}_ms",
            "ms",
            "lower",
            "end_to_end",
            f"mean over timed processes of the t-th highest latency, most t with I_{percent / 100:g}(n-t, t+1) < 0.01",
            partial(estimate_ms, percent=percent),
        )
        for percent in (90, 99)
    ),
    Metric(
        "early_stopping",
        "early_stopping_passed",
        "fraction",
        "higher",
        "response",
        "timed processes of n queries, t of them late, with I_p(n-t, t+1) < 0.01 / timed processes",
        passed,
    ),
)
