"""Energy a sample in J, from counters of the whole package or device: all that ran there, not the process alone."""

from functools import partial

import numpy as np

from tasks.metrics.base import Metric, timed
from tasks.results.measurement import Estimate, Measurement
from tasks.statistics import WITHIN_ONE_PROCESS, between_processes

PACKAGE = "whole processor packages, RAPL"
BOARD = "all GPUs of the machine, NVML"


def joules(measurement: Measurement, kind: str, note: str) -> Estimate | None:
    """The mean over timed processes; without a value, and with the reason, where no counter could be read."""
    processes = [p for p in timed(measurement) if "energy_j" in p.facts.get("counters", {})]
    if not processes:
        return None
    found = [p.facts["counters"]["energy_j"][kind] for p in processes]
    if reasons := [why for why in found if isinstance(why, str)]:
        return Estimate(None, "J", n=len(found), processes=len(found), note=f"n/a: {reasons[0]}")
    # Warm-up queries lie between the two readings as well.
    values = [spent / int(p.latencies["samples"].sum()) for spent, p in zip(found, processes, strict=True)]
    mean = float(np.mean(values))
    interval = between_processes(values, mean)
    low, high = (interval.low, interval.high) if interval else (None, None)
    notes = [note] + [WITHIN_ONE_PROCESS] * (len(values) == 1)
    return Estimate(mean, "J", low, high, n=len(values), processes=len(values), note="; ".join(notes))


FORMULA = "mean over timed processes of joules between the two ends of the timed part / samples, warm-up included"
METRICS = (
    Metric("energy", "energy_cpu_j", "J", "lower", "process", FORMULA, partial(joules, kind="cpu", note=PACKAGE)),
    Metric("energy", "energy_gpu_j", "J", "lower", "process", FORMULA, partial(joules, kind="gpu", note=BOARD)),
)
