"""Lint: what a reader should know about how it was measured."""

from prefect import task

from tasks.pitfalls import rules
from tasks.results.measurement import Finding, Measurement
from tasks.specs.evaluation import Evaluation


@task(persist_result=False, name="lint", task_run_name="lint")
def lint(evaluation: Evaluation, measurement: Measurement) -> tuple[Finding, ...]:
    """Findings, each with a way out."""
    return rules.lint(evaluation, measurement)
