"""Render: the report and `summary.json`, and the report attached to the MLflow run."""

from pathlib import Path

from prefect import task

from tasks.reporting import contrast, gate
from tasks.reporting.page import render as render_page
from tasks.reporting.summary import summary, write_json
from tasks.results.contrast import Contrasts
from tasks.results.measurement import Result, Sweep
from tasks.titles import titled
from tasks.tracking import runs


@task(persist_result=False, name="render report", task_run_name=titled("render report"))
def render(result: Result) -> Path:
    """Write the page, `summary.json`, and what budgets add into the result's folder; returns the summary's path."""
    write_json(result.folder / "summary.json", summary(result))
    gate.write(result, result.folder)
    page = render_page(result, result.folder)
    if result.mlflow:
        runs.attach(result, page)
        runs.attach(result, result.folder / "summary.json")
    return result.folder / "summary.json"


@task(persist_result=False, name="render sweep", task_run_name=titled("render sweep"))
def render_sweep(sweep: Sweep) -> Path:
    """The same for a sweep: one row a cell, each linked to its own report."""
    write_json(sweep.folder / "summary.json", summary(sweep))
    gate.write(sweep, sweep.folder)
    render_page(sweep, sweep.folder)
    return sweep.folder / "summary.json"


@task(persist_result=False, name="render comparison", task_run_name=titled("render comparison"))
def render_contrasts(contrasts: Contrasts) -> Path:
    """The same for a comparison."""
    return contrast.write(contrasts)
