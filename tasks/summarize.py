"""Summarise: every metric with its interval, from the raw values, and the verdict of the scenario."""

from collections.abc import Iterable

from prefect import task

from tasks.metrics import all_metrics, compute_all
from tasks.metrics.bound import verdict
from tasks.results.measurement import Estimate, Measurement, Verdict
from tasks.statistics import detectable_again
from tasks.titles import titled


@task(persist_result=False, name="summarize", task_run_name=titled("summarize"))
def summarize(measurement: Measurement) -> dict[str, Estimate]:
    """Metric name → estimate."""
    return compute_all(measurement)


def smallest_detectable(measurement: Measurement, names: Iterable[str]) -> dict[str, float]:
    """Of each metric that every timed process tells for itself: the smallest relative difference that would show."""
    found: dict[str, float] = {}
    for metric in (all_metrics()[name] for name in names):
        told = [metric.compute(Measurement((process,))) for process in measurement.timed]
        values = [e.value for e in told if e is not None and e.value is not None and e.value > 0]
        smallest = detectable_again(values) if metric.boundary != "output" and len(values) == len(told) else None
        if smallest is not None:
            found[metric.name] = smallest
    return found


def judged(found: Verdict, measurement: Measurement) -> Verdict:
    """The same checks, and whether the scenario's latency bound was met."""
    bound = verdict(measurement)
    return Verdict((*found.checks, bound)) if bound else found
