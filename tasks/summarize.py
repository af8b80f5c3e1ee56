"""Summarise: every metric with its interval, from the raw values, and the verdict of the scenario."""

from prefect import task

from tasks.metrics import compute_all
from tasks.metrics.bound import verdict
from tasks.results.measurement import Estimate, Measurement, Verdict
from tasks.titles import titled


@task(persist_result=False, name="summarize", task_run_name=titled("summarize"))
def summarize(measurement: Measurement) -> dict[str, Estimate]:
    """Metric name → estimate."""
    return compute_all(measurement)


def judged(found: Verdict, measurement: Measurement) -> Verdict:
    """The same checks, and whether the scenario's latency bound was met."""
    bound = verdict(measurement)
    return Verdict((*found.checks, bound)) if bound else found
