"""Summarise: every metric with its interval, from the raw values."""

from prefect import task

from tasks.metrics import compute_all
from tasks.results.measurement import Estimate, Measurement


@task(persist_result=False, name="summarize", task_run_name="summarize")
def summarize(measurement: Measurement) -> dict[str, Estimate]:
    """Metric name → estimate."""
    return compute_all(measurement)
