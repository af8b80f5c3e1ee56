"""The straight line of one evaluation, from question to record; called inside the flow.

    match ─► fetch ∥ provision ─► inputs ─► check ─► accuracy ─► timed × repetitions
          ─► check ─► summarize ─► lint ─► judge ─► watch ─► log ─► render ─► show

A failed check or a model that cannot be measured is logged and drawn too; bad input raises, and nothing is recorded.
What is measured is kept until it is recorded (`tasks/results/pending.py`).
"""

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.ahead import ready
from flows.foreground import interrupted
from flows.recorded import REPORTS
from tasks.check import check, check_inputs
from tasks.database import masked
from tasks.errors import Interrupted, TouchstoneError
from tasks.fetch import fetch_artifact, identify_folder
from tasks.judge import baseline, judge
from tasks.lint import lint
from tasks.log import log
from tasks.match import match
from tasks.measure import measure
from tasks.placement.request import samples_path
from tasks.placement.turns import turn
from tasks.progress import say
from tasks.provision import provision
from tasks.render import render
from tasks.reporting.headline import headlines
from tasks.results.measurement import Measurement, Result, Verdict
from tasks.results.pending import Pending, held
from tasks.results.process import Process
from tasks.services import known
from tasks.show import show
from tasks.specs.evaluation import Evaluation
from tasks.stacks.stack import Stack
from tasks.summarize import judged, smallest_detectable, summarize
from tasks.titles import one_of_several
from tasks.tracking.store import store_uri
from tasks.watch import watch


def one(words: list[str], evaluation: Evaluation, parent: str | None, node: str | None = None) -> Result:
    """One evaluation, on that node. In a sweep (``parent``) bad input is a failed cell, else it raises.

    The task runs of a sweep's cells are told apart by name in Prefect's UI.
    """
    with one_of_several(evaluation) if parent else nullcontext():
        return _one(words, evaluation, parent, node)


def _one(words: list[str], evaluation: Evaluation, parent: str | None, node: str | None) -> Result:
    with begun(words, evaluation, parent) as (result, pending):
        result = record(*_measured(result, pending, parent, node), parent, pending)
    result = result.with_(folder=REPORTS / result.run)
    show(result)
    return result


@contextmanager
def begun(words: list[str], evaluation: Evaluation, parent: str | None) -> Iterator[tuple[Result, Pending]]:
    """A run with its name and folder, and the place of what is not recorded yet; both are for the time of the block."""
    name = run_name(f"{evaluation.model.id}-{evaluation.software.id}-{evaluation.scenario.id}")
    with held(name) as pending, report_folder(name) as folder:
        try:
            started_at = datetime.now(UTC).isoformat(timespec="seconds")
            result = Result(name, evaluation, evaluation.hashes(), started_at, folder, tuple(words))
            pending.note("asked", _asked(result, parent))
            yield result, pending
        except BaseException as error:  # refused or interrupted: nothing is to be kept, unless Prefect was the cause
            refused = isinstance(error, TouchstoneError) or not isinstance(error, Exception)
            pending.done = refused or interrupted()  # Ray makes other errors of an interrupt
            raise


def _asked(result: Result, parent: str | None) -> dict[str, Any]:
    evaluation = result.evaluation.model_dump(mode="json")
    return {
        "run": result.run,
        "words": result.words,
        "evaluation": evaluation,
        "started_at": result.started_at,
        "parent": parent,
    }


def _measured(
    result: Result, pending: Pending, parent: str | None, node: str | None
) -> tuple[Result, dict[str, float]]:
    """Everything up to the verdict, and the seconds of each step; a failure is kept with what went well before it."""
    steps: dict[str, float] = {}
    processes: list[Process] = []
    try:
        baseline(result.evaluation)  # a run that is no bound is refused before anything is measured
        with _timed(steps, "match"):
            result = result.with_(placement=match(result.evaluation, node))
        result, stack = provided(result, steps, pending)
        return _judged(result, stack, processes, steps, pending), steps
    except TouchstoneError as error:
        if isinstance(error, Interrupted) or (error.exit_code != 1 and parent is None):
            raise
        return result.with_(failure=str(error), measurement=Measurement(tuple(processes))), steps


def placed(result: Result, steps: dict[str, float], node: str | None, pending: Pending) -> tuple[Result, Stack]:
    """Where it runs, from which files, in which environment."""
    baseline(result.evaluation)  # a run that is no bound is refused before anything is measured
    with _timed(steps, "match"):
        result = result.with_(placement=match(result.evaluation, node))
    return provided(result, steps, pending)


def provided(result: Result, steps: dict[str, float], pending: Pending) -> tuple[Result, Stack]:
    """From which files, in which environment, on the node where it was placed."""
    with _timed(steps, "fetch and provision"):
        artifacts, stack = _prepared(result.evaluation, result.placement.get("node"))
    described = {**asdict(stack), "python": str(stack.python), "folder": str(stack.folder)}
    result = result.with_(artifacts=artifacts, stack=described)
    pending.note("placed", {k: getattr(result, k) for k in ("placement", "artifacts", "stack")})
    return result, stack


def _prepared(evaluation: Evaluation, node: str | None) -> tuple[dict[str, Any], Stack]:
    """Fetch and provision beside each other."""
    dataset = evaluation.dataset
    fetched = {name: fetch_artifact.submit(artifact, node) for name, artifact in evaluation.artifacts.items()}
    if dataset.archive:
        fetched["dataset"] = fetch_artifact.submit(dataset.archive, node)
    elif not dataset.synthetic:
        fetched["dataset"] = identify_folder.submit(samples_path(evaluation), node)
    stack = provision.submit(evaluation.provisioned, node)
    made = {"dataset": {"path": "", "sha256": dataset.content_hash()}} if dataset.synthetic else {}
    return {**{name: future.result() for name, future in fetched.items()}, **made}, stack.result()


def _judged(
    result: Result, stack: Stack, processes: list[Process], steps: dict[str, float], pending: Pending
) -> Result:
    """One agent after the other, and the contracts over what they left."""
    inputs, go_on = untimed(result, stack, processes, steps, pending)
    if go_on:
        with _timed(steps, "timed"):
            for index in range(result.evaluation.scenario.repetitions):
                processes.append(measure(result, "timed", index, stack, pending))  # noqa: PERF401  (kept one by one)
    return checked(result, inputs, processes, steps)


def untimed(
    result: Result, stack: Stack, processes: list[Process], steps: dict[str, float], pending: Pending
) -> tuple[Verdict, bool]:
    """The agents that look at inputs and judge accuracy; whether the inputs allow to go on."""
    evaluation = result.evaluation
    inputs, go_on = Verdict(), True
    with ready(evaluation.tracking):
        if not evaluation.model.time_only:
            if not evaluation.dataset.synthetic:  # they are what the manifest says
                with _timed(steps, "inputs"):
                    processes.append(measure(result, "inputs", 0, stack, pending))
                    inputs = check_inputs(evaluation, processes[0])
            go_on = inputs.passed or evaluation.contracts == "record"
            if go_on:
                with _timed(steps, "accuracy"):
                    processes.append(measure(result, "accuracy", 0, stack, pending))
    return inputs, go_on


def checked(result: Result, inputs: Verdict, processes: list[Process], steps: dict[str, float]) -> Result:
    """The result with its measurement, and the contracts over it."""
    evaluation, measurement = result.evaluation, Measurement(tuple(processes))
    with turn(timed=False, say=say("check")), _timed(steps, "check"):
        verdict = check(evaluation, measurement) if measurement.timed else Verdict()
    enforced = inputs.checks if evaluation.contracts == "enforce" else ()
    return result.with_(measurement=measurement, verdict=Verdict((*enforced, *verdict.checks)))


def record(result: Result, steps: dict[str, float], parent: str | None, pending: Pending) -> Result:
    """In its turn: another cell, or another run, may be timed on this machine."""
    with turn(timed=False, say=say("record")):
        return _written(result, steps, parent, pending)


def _written(result: Result, steps: dict[str, float], parent: str | None, pending: Pending) -> Result:
    """Summarise, lint, log, render: a failed evaluation too. What cannot be logged stays pending."""
    with _timed(steps, "summarize"):
        metrics = summarize(result.measurement)
        result = result.with_(metrics=metrics, findings=lint(result.evaluation, result.measurement))
        result = result.with_(verdict=judged(result.verdict, result.measurement))
        shown = [headline.name for headline in headlines(result)]
        result = result.with_(detectable=smallest_detectable(result.measurement, shown))
    result = _held(result, steps)
    with _timed(steps, "log"):
        say("log")(f"writing the run to {masked(store_uri(result.evaluation.tracking))}")
        try:
            ids = log(result, parent, known.address("mlflow"), pending.again)
            result = result.with_(steps_s=dict(steps), mlflow=ids)
            pending.done = True
        except TouchstoneError as error:
            told = f"Not logged: {error} The next run logs it first."
            result = result.with_(failure=f"{result.failure} {told}".strip())
    with _timed(steps, "render"):
        say("render")("drawing the report")
        render(result.with_(steps_s=dict(steps)))
    return result.with_(steps_s=dict(steps))


def _held(result: Result, steps: dict[str, float]) -> Result:
    """Against its budgets, and against its own history."""
    with _timed(steps, "judge"):
        if result.evaluation.expect:
            result = result.with_(budgets=judge(result))
        changed, across = watch(result, tuple(one.name for one in headlines(result)))
        return result.with_(findings=(*result.findings, *changed), across=across)


def run_name(prefix: str) -> str:
    """A name that sorts by time and that nobody else has."""
    return f"{prefix}-{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


@contextmanager
def report_folder(name: str) -> Iterator[Path]:
    """A folder that becomes `reports/<name>` when the block ends well, and vanishes when it does not."""
    partial = partial_of(name)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        shutil.rmtree(REPORTS / name, ignore_errors=True)
        partial.rename(REPORTS / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def partial_of(name: str) -> Path:
    return REPORTS / f".{name}.partial"


@contextmanager
def _timed(steps: dict[str, float], name: str) -> Iterator[None]:
    begin = time.monotonic()
    try:
        yield
    finally:
        steps[name] = round(time.monotonic() - begin, 3)
