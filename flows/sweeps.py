"""Several evaluations of one request: each a cell, one after the other, recorded as they end, and resumable.

A cell that fails is a row with its reason and stops no other. `resume=<sweep>` measures again only what is not there:
a finished cell is the same evaluation, software lock, and host.
"""

import socket
import statistics
import time
from typing import Any

from flows import cli
from flows.line import one, run_name
from flows.recorded import REPORTS, recorded
from tasks.progress import say
from tasks.render import render_sweep
from tasks.results.measurement import Result, Sweep
from tasks.results.recorded import result_of
from tasks.specs.evaluation import Evaluation
from tasks.stacks.current import current
from tasks.stacks.lock import Lock
from tasks.tracking import runs


def sweep(jobs: list[cli.Job], resume: str | None) -> Sweep:
    """Every evaluation in turn; the sweep's report is rewritten after each."""
    name, parent, finished = _begun(jobs, resume)
    asked = tuple(words or evaluation.model_dump(mode="json") for words, evaluation in jobs)
    state = Sweep(name, REPORTS / name, (), parent, asked)
    state.folder.mkdir(parents=True, exist_ok=True)
    clock = Clock()
    for number, (words, evaluation) in enumerate(jobs, 1):
        cell = finished.get(identity(evaluation))
        where = f"{number} of {len(jobs)}: {evaluation.title}, {evaluation.software.id}, {evaluation.scenario.id}"
        if cell:
            say("sweep")(f"{where}: finished in {cell.run} (same evaluation, lock, and host)")
        else:
            say("sweep")(f"{where}; {clock.remaining([e for _, e in jobs[number - 1 :]])}")
            with clock:
                cell = one(words, evaluation, parent["run_id"])
        state = Sweep(name, state.folder, (*state.cells, cell), parent, asked)
        render_sweep(state)
    runs.end_parent(jobs[0][1].tracking, parent, state.passed)
    return state


def _begun(jobs: list[cli.Job], resume: str | None) -> tuple[str, dict[str, str], dict[Any, Result]]:
    """Name, MLflow parent, and finished cells: new ones, or those of the sweep that is resumed."""
    if resume is None:
        name = run_name("sweep")
        return name, runs.start_parent(jobs[0][1].tracking, name, len(jobs)), {}
    summary = recorded(resume)
    cells = [result_of(cell) for cell in summary["cells"] if cell["passed"]]
    return summary["run"], summary["mlflow"], {_identity_of(cell): cell for cell in cells}


def identity(evaluation: Evaluation) -> tuple[str, str, str]:
    """What makes a finished cell the same: evaluation hash, lock key, host."""
    software = evaluation.software
    isolated = software.environment == "isolated"
    key = Lock(software.python, software.packages).key if isolated else current(software.framework).key
    return evaluation.hashes()["evaluation"], key, socket.gethostname()


def _identity_of(cell: Result) -> tuple[str, str, str]:
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
