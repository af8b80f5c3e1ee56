"""The Prefect flow that every evaluation is; deployments name it as `flows.pipeline.evaluate`.

    match ─► fetch ∥ provision ─► inputs ─► check ─► accuracy ─► timed × repetitions
          ─► check ─► summarize ─► lint ─► log ─► render

A failed check or a model that cannot be measured is logged and drawn too; bad input raises, and nothing is recorded.
"""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from flows import cli
from tasks import ROOT
from tasks.check import check, check_inputs
from tasks.errors import TouchstoneError
from tasks.fetch import fetch_artifact, identify_folder
from tasks.lint import lint
from tasks.log import log
from tasks.match import match
from tasks.measure import measure
from tasks.placement.cluster import connected
from tasks.placement.request import samples_path
from tasks.progress import say
from tasks.provision import provision
from tasks.render import render, render_sweep
from tasks.results.measurement import Measurement, Result, Sweep, Verdict
from tasks.results.process import Process
from tasks.specs.evaluation import Evaluation
from tasks.stacks.stack import Stack
from tasks.summarize import summarize
from tasks.tracking import runs

REPORTS = ROOT / "reports"
Asked = list[str] | list[list[str] | dict[str, Any]]


def _title() -> str:
    """The flow run's name in Prefect's UI: the words that asked."""
    asked = flow_run.parameters["request"]
    words = [w if isinstance(w, str) else " ".join(w) if isinstance(w, list) else w["model"]["id"] for w in asked]
    return f"evaluate {' '.join(words)}"


@flow(
    name="evaluate",
    flow_run_name=_title,
    task_runner=ThreadPoolTaskRunner(max_workers=4),  # type: ignore[arg-type]
    persist_result=False,
)
def evaluate(request: Asked) -> Result | Sweep:
    """Evaluate what ``request`` describes: one evaluation gives a Result, several a Sweep.

    A list of override words is one evaluation (with -m a sweep); a list of such lists, or of whole specifications, is
    several.
    """
    jobs = cli.jobs(request)
    workers = jobs[0][1].workers
    say("start")(f"Ray: workers={workers.id}")
    with connected(workers, os.cpu_count() or 1):
        return _one(*jobs[0], None) if len(jobs) == 1 else _sweep(jobs)


def _sweep(jobs: list[cli.Job]) -> Sweep:
    """Every evaluation in turn; one that cannot be done is a cell with its reason and does not stop the others."""
    tell = say("sweep")
    name = _run_name("sweep")
    tracking = jobs[0][1].tracking
    parent = runs.start_parent(tracking, name, len(jobs))
    cells = []
    for number, (words, evaluation) in enumerate(jobs, 1):
        tell(f"{number} of {len(jobs)}: {evaluation.title}, {evaluation.software.id}, {evaluation.scenario.id}")
        cells.append(_one(words, evaluation, parent["run_id"]))
    with _folder(name) as folder:
        sweep = Sweep(name, folder, tuple(cells), parent)
        render_sweep(sweep)
    runs.end_parent(tracking, parent, sweep.passed)
    return Sweep(name, REPORTS / name, tuple(cells), parent)


def _one(words: list[str], evaluation: Evaluation, parent: str | None) -> Result:
    """One evaluation from question to record. In a sweep (``parent``) bad input is a failed cell, else it raises."""
    name = _run_name(f"{evaluation.model.id}-{evaluation.software.id}-{evaluation.scenario.id}")
    with _folder(name) as folder:
        started_at = datetime.now(UTC).isoformat(timespec="seconds")
        result = Result(name, evaluation, evaluation.hashes(), started_at, folder, tuple(words))
        steps: dict[str, float] = {}
        processes: list[Process] = []
        try:
            result, stack = _placed(result, steps)
            result = _measured(result, stack, processes, steps)
        except TouchstoneError as error:
            if error.exit_code != 1 and parent is None:
                raise
            result = result.with_(failure=str(error), measurement=Measurement(tuple(processes)))
        result = _recorded(result, steps, parent)
    return result.with_(folder=REPORTS / name)


def _placed(result: Result, steps: dict[str, float]) -> tuple[Result, Stack]:
    """Where it runs, from which files, in which environment."""
    with _timed(steps, "match"):
        placement = match(result.evaluation)
    with _timed(steps, "fetch and provision"):
        artifacts, stack = _prepared(result.evaluation, placement.get("node"))
    return result.with_(placement=placement, artifacts=artifacts, stack=_described(stack)), stack


def _measured(result: Result, stack: Stack, processes: list[Process], steps: dict[str, float]) -> Result:
    """One agent after the other, up to the verdict; ``processes`` keeps what ended well when a later one does not."""
    evaluation, placement, model = result.evaluation, result.placement, result.artifacts["model"]["path"]
    with _timed(steps, "inputs"):
        processes.append(measure(evaluation, "inputs", 0, placement, model, stack))
        inputs = check_inputs(evaluation, processes[0])
    if inputs.passed or evaluation.contracts == "record":
        with _timed(steps, "accuracy"):
            processes.append(measure(evaluation, "accuracy", 0, placement, model, stack))
        with _timed(steps, "timed"):
            for index in range(evaluation.scenario.repetitions):
                processes.append(measure(evaluation, "timed", index, placement, model, stack))  # noqa: PERF401  (kept one by one)
    measurement = Measurement(tuple(processes))
    with _timed(steps, "check"):
        verdict = check(evaluation, measurement) if len(processes) > 1 else Verdict()
    enforced = inputs.checks if evaluation.contracts == "enforce" else ()
    return result.with_(measurement=measurement, verdict=Verdict((*enforced, *verdict.checks)))


def _prepared(evaluation: Evaluation, node: str | None) -> tuple[dict[str, Any], Stack]:
    """Fetch and provision beside each other."""
    archive = evaluation.dataset.archive
    fetched = {
        "model": fetch_artifact.submit(evaluation.artifact, node),
        "dataset": fetch_artifact.submit(archive, node)
        if archive
        else identify_folder.submit(samples_path(evaluation)),
    }
    stack = provision.submit(evaluation.software, node)
    return {name: future.result() for name, future in fetched.items()}, stack.result()


def _recorded(result: Result, steps: dict[str, float], parent: str | None) -> Result:
    """Summarise, lint, log, render: a failed evaluation too."""
    with _timed(steps, "summarize"):
        result = result.with_(
            metrics=summarize(result.measurement), findings=lint(result.evaluation, result.measurement)
        )
    with _timed(steps, "log"):
        try:
            result = result.with_(steps_s=dict(steps), mlflow=log(result, parent))
        except TouchstoneError as error:  # what was measured is kept in the report
            result = result.with_(failure=f"{result.failure} Not logged: {error}".strip())
    with _timed(steps, "render"):
        render(result.with_(steps_s=dict(steps)))
    return result.with_(steps_s=dict(steps))


def _described(stack: Stack) -> dict[str, Any]:
    return {
        "name": stack.name,
        "key": stack.key,
        "python": str(stack.python),
        "installed": stack.installed,
        "built_in_s": stack.seconds,
    }


def _run_name(prefix: str) -> str:
    return f"{prefix}-{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    """A folder that becomes `reports/<name>` when the block ends well, and vanishes when it does not."""
    partial = REPORTS / f".{name}.partial"
    partial.mkdir(parents=True)
    try:
        yield partial
        partial.rename(REPORTS / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _timed(steps: dict[str, float], name: str) -> Iterator[None]:
    begin = time.monotonic()
    try:
        yield
    finally:
        steps[name] = round(time.monotonic() - begin, 3)
