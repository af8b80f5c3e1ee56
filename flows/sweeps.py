"""Several evaluations of one request: each a cell, one after the other, recorded as they end, and resumable.

A cell that fails is a row with its reason and stops no other. `resume=<sweep>` measures again only what is not there:
a finished cell is the same evaluation, software lock, and host.
"""

import socket
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flows import cli
from flows.line import one, run_name
from flows.recorded import REPORTS, recorded
from tasks.placement.matching import distributed, satisfying
from tasks.progress import say
from tasks.render import render_sweep
from tasks.results.measurement import Result, Sweep
from tasks.results.recorded import result_of
from tasks.services import known
from tasks.show import Pinned, show_sweep
from tasks.specs.evaluation import Evaluation
from tasks.stacks.current import current
from tasks.stacks.lock import Lock
from tasks.tracking import runs, views

Cell = tuple[list[str], Evaluation, str | None, str | None]  # words, evaluation, Ray's node, host


def cells(jobs: list[cli.Job]) -> Iterator[Cell]:
    """Each job, on any node (None) or, with dispatch=all, on every one that has what it asks for."""
    for words, evaluation in jobs:
        if evaluation.dispatch == "all" and distributed(evaluation):
            yield from ((words, evaluation, p["node"], p["host"]) for p in satisfying(evaluation))
        else:
            yield words, evaluation, None, None if distributed(evaluation) else socket.gethostname()


def sweep(jobs: list[cli.Job], cells: list[Cell], resume: str | None) -> Sweep:
    """Every cell in turn; the sweep's report is rewritten after each. ``jobs`` is what was asked."""
    name, parent, finished = _begun(cells, resume)
    asked = tuple(words or evaluation.model_dump(mode="json") for words, evaluation in jobs)
    state = Sweep(name, REPORTS / name, (), _compared(name, parent, [e for _, e, *_ in cells]), asked, len(cells))
    state.folder.mkdir(parents=True, exist_ok=True)
    pinned: Pinned = show_sweep(state, {})
    clock = Clock()
    for number, (words, evaluation, node, host) in enumerate(cells, 1):
        cell = finished.get(identity(evaluation, host))
        where = f"{number} of {len(cells)}: {evaluation.title}, {evaluation.software.id}, {evaluation.scenario.id}"
        if node:
            where += f" on {host}"
        if cell:
            say("sweep")(f"{where}: finished in {cell.run} (same evaluation, lock, and host)")
        else:
            say("sweep")(f"{where}; {clock.remaining([e for _, e, *_ in cells[number - 1 :]])}")
            with clock:
                cell = one(words, evaluation, parent["run_id"], node)
        state = replace(state, cells=(*state.cells, cell))
        render_sweep(state)
        pinned = show_sweep(state, pinned)
    runs.end_parent(cells[0][1].tracking, parent, state.passed)
    return state


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
    cells = [result_of(cell) for cell in summary["cells"] if cell["passed"]]
    named = {_identity_of(cell): cell for cell in cells}
    anywhere = {(evaluation, lock, None): cell for (evaluation, lock, _), cell in named.items()}
    return summary["run"], summary["mlflow"], {**anywhere, **named}


def identity(evaluation: Evaluation, host: str | None) -> tuple[str, str, str | None]:
    """What makes a finished cell the same: evaluation hash, lock key, host (None: any of a cluster's)."""
    software = evaluation.software
    isolated = software.environment == "isolated"
    key = Lock(software.python, software.packages).key if isolated else current(software.framework).key
    return evaluation.hashes()["evaluation"], key, host


def _identity_of(cell: Result) -> tuple[str, str, str | None]:
    return cell.hashes["evaluation"], str(cell.stack.get("key")), str(cell.placement.get("host"))


class Clock:
    """How long cells took, and what that says of the rest."""

    def __init__(self) -> None:
        self.took_s: list[float] = []

    def __enter__(self) -> None:
        self.begin = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self.took_s.append(time.monotonic() - self.begin)

    def remaining(self, left: list[Evaluation]) -> str:
        """What is known, in words: a floor before the first cell, then the spread of those that ended."""
        floor = sum(e.scenario.repetitions * getattr(e.scenario, "min_duration_s", 0.0) for e in left)
        if not self.took_s:
            return f"at least {_minutes(floor)} left"
        low, high = min(self.took_s) * len(left), max(self.took_s) * len(left)
        middle = statistics.median(self.took_s) * len(left)
        spread = f" ({_minutes(max(floor, low))} to {_minutes(high)})" if len(self.took_s) > 1 else ""
        return f"about {_minutes(max(floor, middle))}{spread} left, by the {len(self.took_s)} that ended"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
