"""Several evaluations of one request: each a cell, recorded as it ends, and resumable.

A cell that fails is a row with its reason and stops no other. `resume=<sweep>` measures again only what is not there:
a finished cell is the same evaluation, software lock, and host.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from prefect.utilities.annotations import quote

from flows import cli
from flows.beside import Clock, Seldom, Spread, each, width
from flows.line import one, run_name
from flows.recorded import REPORTS, recorded
from tasks.errors import TouchstoneError
from tasks.judge import judge
from tasks.placement.matching import distributed, satisfying
from tasks.progress import part, say
from tasks.render import render_sweep
from tasks.results.measurement import Result, Sweep
from tasks.results.pending import Pending, held
from tasks.results.recorded import read_result, result_of
from tasks.services import known
from tasks.show import Pinned, show_sweep
from tasks.specs.evaluation import Evaluation
from tasks.specs.protocol import Tracking
from tasks.stacks.current import current
from tasks.stacks.lock import Lock
from tasks.tracking import runs, views

SWEEP = "sweep"
Cell = tuple[list[str], Evaluation, str | None, str | None]  # words, evaluation, Ray's node, host


def cells(jobs: list[cli.Job]) -> Iterator[Cell]:
    """Each job, on any node (None) or, with dispatch=all, on every one that has what it asks for."""
    for words, evaluation in jobs:
        if evaluation.dispatch == "all" and distributed(evaluation):
            yield from ((words, evaluation, p["node"], p["host"]) for p in satisfying(evaluation))
        else:
            yield words, evaluation, None, None if distributed(evaluation) else socket.gethostname()


def sweep(jobs: list[cli.Job], cells: list[Cell], resume: str | None) -> Sweep:
    """Every cell; the sweep's report is rewritten now and then, and at the end. ``jobs`` is what was asked."""
    name, parent, finished = _begun(cells, resume)
    asked = tuple(words or evaluation.model_dump(mode="json") for words, evaluation in jobs)
    state = Sweep(name, REPORTS / name, (), _compared(name, parent, [e for _, e, *_ in cells]), asked, len(cells))
    state.folder.mkdir(parents=True, exist_ok=True)
    pinned: Pinned = show_sweep(state, {})
    at_once = width(cells[0][1])
    clock, spread, rows, drawing = Clock(at_once), Spread(), dict[int, Result](), Seldom()

    def one_of(number: int) -> Result:
        words, evaluation, node, host = cells[number]
        tell = say("sweep")
        where = f"{number + 1} of {len(cells)}: {evaluation.title}, {evaluation.software.id}, {evaluation.scenario.id}"
        if cell := finished.get(identity(evaluation, host)):
            tell(f"{where}: finished in {cell.run} (same evaluation, lock, and host)")
            return _judged_again(cell, evaluation)
        tell(f"{where}{f' on {host}' if node else ''}; {clock.remaining([e for _, e, *_ in cells[number:]])}")
        with part(str(number + 1) if at_once > 1 else ""), spread.on(evaluation, node) as chosen, clock.running():
            return one(words, evaluation, parent["run_id"], chosen)

    with opened(name, cells[0][1].tracking, parent) as outcome, _resumable(name, rows, len(cells)):
        for number, cell in each(one_of, [(number,) for number in range(len(cells))], at_once):
            rows[number] = cell
            state = replace(state, cells=tuple(rows[n] for n in sorted(rows)))
            if drawing.due() or len(rows) == len(cells):
                with drawing.once():
                    render_sweep(_closed(state))
                    pinned = show_sweep(_closed(state), pinned)
        outcome.append("FINISHED" if state.passed else "FAILED")
    return state


def _closed(state: Sweep) -> Any:
    """The same for Prefect, which looks for futures in whatever it passes on: minutes, for hundreds of cells."""
    return quote(state)


@contextmanager
def _resumable(name: str, rows: dict[int, Result], total: int) -> Iterator[None]:
    """Says how to go on when the block is left before its end."""
    try:
        yield
    except BaseException:
        if rows:  # else there is no report to go on from
            say("sweep")(f"{len(rows)} of {total} cells are recorded; the rest: python -m flows.evaluate resume={name}")
        raise


def _judged_again(cell: Result, evaluation: Evaluation) -> Result:
    """A finished cell under what is expected now, which is no part of its identity."""
    asked = cell.evaluation.model_copy(update={"expect": evaluation.expect})
    cell = cell.with_(evaluation=asked)
    return cell.with_(budgets=judge(cell) if asked.expect else ())


@contextmanager
def opened(name: str, tracking: Tracking, parent: dict[str, str]) -> Iterator[list[str]]:
    """The run of a sweep or comparison in MLflow gets the status that the block gives, or KILLED when it was left.

    Whoever starts next does it for a driver that was killed (`close_orphan`).
    """
    outcome: list[str] = []
    with held(name) as pending:
        pending.note(SWEEP, {"tracking": tracking.model_dump(mode="json"), "parent": parent})
        try:
            yield outcome
        finally:
            pending.done = True
            try:
                runs.set_status(tracking, parent, outcome[0] if outcome else "KILLED")
            except TouchstoneError as error:
                pending.done = False
                say("sweep")(f"{error} The next run closes {name} there.")


def close_orphan(pending: Pending) -> bool:
    """Whether it is of a sweep whose driver was killed; then its run in MLflow is KILLED."""
    try:
        noted = json.loads((pending.folder / f"{SWEEP}.json").read_text())
    except (OSError, ValueError):
        return False
    runs.set_status(Tracking.model_validate(noted["tracking"]), noted["parent"], "KILLED")
    return True


def _compared(name: str, parent: dict[str, str], cells: list[Evaluation]) -> dict[str, str]:
    """The ids of the sweep's MLflow run, with the page that has its cells side by side as their link."""
    page = views.comparison(cells[0].tracking, parent, name, cells)
    return views.linked(parent, page, known.address("mlflow"))


def _begun(jobs: list[Cell], resume: str | None) -> tuple[str, dict[str, str], dict[Any, Result]]:
    """Name, MLflow parent, and finished cells: new ones, or those of the sweep that is resumed."""
    if resume is None:
        name = run_name("sweep")
        return name, runs.start_parent(jobs[0][1].tracking, name, len(jobs)), {}
    summary = recorded(resume)
    runs.set_status(jobs[0][1].tracking, summary["mlflow"], "RUNNING")
    cells = [cell for cell in _recorded_of(summary, jobs[0][1].tracking) if cell.passed]
    named = {_identity_of(cell): cell for cell in cells}
    anywhere = {(evaluation, lock, None): cell for (evaluation, lock, _), cell in named.items()}
    return summary["run"], summary["mlflow"], {**anywhere, **named}


def _recorded_of(summary: dict[str, Any], tracking: Tracking) -> Iterator[Result]:
    """The cells in a sweep's report, and those that a driver recorded, or left to be recorded, before it was killed."""
    yield from map(result_of, summary["cells"])
    known = {cell["run"] for cell in summary["cells"]}
    for name in runs.children(tracking, summary["mlflow"]["run_id"]):
        if name not in known:
            with suppress(OSError, ValueError, KeyError):
                yield read_result(REPORTS / name / "summary.json")


def identity(evaluation: Evaluation, host: str | None) -> tuple[str, str, str | None]:
    """What makes a finished cell the same: evaluation hash, lock key, host (None: any of a cluster's)."""
    software = evaluation.software
    isolated = software.environment == "isolated"
    key = Lock(software.python, software.packages).key if isolated else current(software.framework).key
    return evaluation.hashes()["evaluation"], key, host


def _identity_of(cell: Result) -> tuple[str, str, str | None]:
    return cell.hashes["evaluation"], str(cell.stack.get("key")), str(cell.placement.get("host"))
