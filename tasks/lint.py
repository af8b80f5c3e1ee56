"""Lint: what a reader should know about how it was measured."""

from prefect import task

from tasks.pitfalls import rules
from tasks.results.measurement import Finding, Measurement
from tasks.specs.evaluation import Evaluation
from tasks.titles import titled


@task(persist_result=False, name="lint", task_run_name=titled("lint"))
def lint(evaluation: Evaluation, measurement: Measurement) -> tuple[Finding, ...]:
    """Findings, each with a way out."""
    return rules.lint(evaluation, measurement)
