"""Log: the run in MLflow, with everything that someone else needs to check it."""

import json
import subprocess
from pathlib import Path

from prefect import task
from prefect.context import FlowRunContext

from tasks import ROOT
from tasks.analyses.drift import CHANGED
from tasks.metrics import mlflow_name, version
from tasks.reporting.words import environment
from tasks.results.files import write_files
from tasks.results.measurement import Result
from tasks.titles import titled
from tasks.tracking import runs, views


@task(persist_result=False, name="log to MLflow", task_run_name=titled("log to MLflow"))
def log(result: Result, parent: str | None, ui: str = "", again: bool = False) -> dict[str, str]:
    """Write the raw files into the result's folder and the whole run into MLflow.

    Returns its ids, and as ``link`` the page that shows it when MLflow's UI is up: the tracking server's, or ``ui``.
    ``again``: what an earlier driver has written of it is replaced.
    """
    if again:
        runs.delete(result.evaluation.tracking, result.run)
    write_files(result, result.folder)
    metrics = {mlflow_name(n): e.value for n, e in result.metrics.items() if e.value is not None}
    for name, estimate in result.metrics.items():
        if estimate.low is not None and estimate.high is not None:
            metrics |= {f"{mlflow_name(name)}_low": estimate.low, f"{mlflow_name(name)}_high": estimate.high}
    ids = runs.log_result(result, result.folder, metrics, _tags(result), parent)
    return views.linked(ids, views.run_page(ids), ui)


def _tags(result: Result) -> dict[str, str]:
    evaluation = result.evaluation
    flow = FlowRunContext.get()
    tags = {f"hash.{name}": value for name, value in result.hashes.items()}
    tags |= {f"dvc.{a['dvc']['path']}": a["dvc"]["md5"] for a in result.artifacts.values() if a.get("dvc")}
    tags |= {
        "touchstone.state": "passed" if result.passed else "failed",
        "touchstone.title": evaluation.title,
        "touchstone.simulated": "true" if any(p.facts.get("simulated") for p in result.measurement.timed) else "",
        "touchstone.stack": str(result.stack.get("key", "")),
        "software": evaluation.software.id,
        "hw": evaluation.hw.id,
        "scenario": evaluation.scenario.id,
        "host": str(result.placement.get("host", "")),
        **_measured(result),
        "mlflow.source.name": "python -m flows.evaluate",
        "mlflow.source.git.commit": _git("rev-parse", "HEAD"),
        "git.dirty": str(bool(_git("status", "--porcelain"))).lower(),
        "prefect.flow_run_id": str(flow.flow_run.id) if flow and flow.flow_run else "",
        "mlflow.note.content": result.failure or " ".join(c.sentence for c in result.verdict.checks if not c.passed),
    }
    return {k: v for k, v in tags.items() if v}


def _measured(result: Result) -> dict[str, str]:
    """What a table of many runs needs beside their numbers: n and formula of each, what really ran, what came of it."""
    told = environment(result)
    effective, cpu = told.get("effective", {}), told.get("host", {}).get("cpu", {})
    of = {name: (e.n, version(name)) for name, e in result.metrics.items() if e.value is not None}
    return {
        "touchstone.metrics": json.dumps(of, separators=(",", ":")),
        "touchstone.version": str(effective.get("version", "")),
        "touchstone.device": str(effective.get("device", "")),
        "touchstone.processor": str(cpu.get("model", "")) if isinstance(cpu, dict) else "",
        "touchstone.expect": result.expected if result.budgets else "",
        "touchstone.drift": " ".join(f.sentence for f in result.findings if f.rule == CHANGED),
    }


def _git(*words: str, root: Path = ROOT) -> str:
    """What git says, or nothing where there is no git or no repository."""
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
