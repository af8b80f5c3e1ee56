"""One side of a comparison: a metric's value in each of its fresh processes; and accuracy on the same samples.

In: processes. Out: numbers. Knows nothing of blocks or verdicts.
"""

from tasks.errors import Refused, TouchstoneError
from tasks.metrics import Metric, all_metrics
from tasks.plugins import unknown
from tasks.results.measurement import Measurement
from tasks.results.process import Process
from tasks.statistics import Paired, paired_difference, percentile


def metric_of(name: str) -> Metric:
    """One that every timed process has, and that is above 0. Raises `Refused` for others."""
    usable = {n: m for n, m in all_metrics().items() if m.boundary != "output"}
    if name not in usable:
        raise Refused(f"metric: {unknown('metric of processes', name, sorted(usable))}")
    return usable[name]


def value(metric: Metric, process: Process) -> float:
    """In the metric's unit. Raises `TouchstoneError` where one process cannot state it.

    A median is taken as it is: it needs no interval of its own, as processes are the unit here.
    """
    if metric.name.endswith("_p50_ms") and len(process.timed):
        return percentile(process.latency_ns(metric.boundary) / 1e6, 0.5)
    found = metric.compute(Measurement((process,)))
    if found is None or found.value is None or found.value <= 0:
        why = found.note if found and found.note else "it was not recorded"
        raise TouchstoneError(f"{metric.name} of one process is not stated: {why}. Choose another metric=<name>.")
    return found.value


def time(metric: Metric, value: float) -> float:
    """What is lower when it is better: a rate becomes its inverse."""
    return value if metric.direction == "lower" else 1 / value


def accuracies(a: Process | None, b: Process | None, same_data: bool) -> tuple[Paired | None, str]:
    """B's accuracy less A's on the same samples, or why there is none."""
    if a is None or b is None or not (len(a.predictions) and len(b.predictions)):
        return None, "one side kept no predictions"
    if not {"label", "predicted"} <= set(a.predictions) & set(b.predictions):
        return None, "only classes are compared sample by sample"
    key = ["sample", "file", "label"]
    both = a.predictions.merge(b.predictions, on=key, suffixes=("_a", "_b"))
    if not same_data or not len(both) == len(a.predictions) == len(b.predictions):
        return None, "the two did not predict the same samples"
    right_a, right_b = ((both[f"predicted_{side}"] == both["label"]).tolist() for side in ("a", "b"))
    return paired_difference(right_a, right_b, both["group_a"].tolist()), ""
