"""The nouns that one evaluation gathers on its way: measurement, verdict, estimates, findings, result, sweep."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from tasks.results.process import Process, wall_s
from tasks.specs.evaluation import Evaluation

UNDECIDED = 4  # the exit code


@dataclass(frozen=True)
class Measurement:
    """All agents of one evaluation: one for inputs, one for accuracy, and the timed repetitions."""

    processes: tuple[Process, ...]

    @cached_property
    def timed(self) -> tuple[Process, ...]:
        """The timed repetitions, in the order they ran; of several batch sizes, all are about the same one."""
        found = tuple(p for p in self.processes if p.role == "timed")
        rates = by_batch(found)
        return tuple(_about(p, max(rates, key=rates.__getitem__)) for p in found) if rates else found

    def only(self, role: str) -> Process | None:
        """The one process of this role, or None."""
        return next((p for p in self.processes if p.role == role), None)


def by_batch(processes: tuple[Process, ...]) -> dict[int, float]:
    """batch size → samples/s over all processes, Σ samples / Σ wall time; {} where sizes are not what differs."""
    parts = [(p["batch_size"], q) for process in processes for p, q in process.points if "batch_size" in p and len(q)]
    samples = {size: sum(float(q["samples"].sum()) for s, q in parts if s == size) for size, _ in parts}
    walls = {size: sum(wall_s(q) for s, q in parts if s == size) for size, _ in parts}
    return {size: samples[size] / walls[size] for size in sorted(samples) if walls[size]}


def _about(process: Process, batch_size: int) -> Process:
    """The same process, whose headline is this batch size."""
    headline = [i for i, point in enumerate(process.facts["points"]) if point["batch_size"] == batch_size]
    return replace(process, facts={**process.facts, "headline": headline})


@dataclass(frozen=True)
class Check:
    """One contract: whether it held, what was seen in a sentence, and at most five offending rows."""

    name: str
    passed: bool
    sentence: str
    rows: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Verdict:
    """Every check, beside the measurement; it never replaces it."""

    checks: tuple[Check, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every check held."""
        return all(c.passed for c in self.checks)


@dataclass(frozen=True)
class Estimate:
    """A number with its unit and interval; ``value`` is None when it may not be stated, and ``note`` says why.

    ``n`` counts observations (queries, samples), ``processes`` the fresh processes behind them. ``formula``: of its
    metric, so that numbers of two states of the project are told apart.
    """

    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None
    n: int = 0
    processes: int = 0
    note: str = ""
    formula: str = ""


@dataclass(frozen=True)
class Finding:
    """Something about the measurement that its reader should know, and the way out."""

    rule: str
    severity: Literal["note", "warning"]
    sentence: str
    way_out: str


Outcome = Literal["met", "violated", "undecided"]


@dataclass(frozen=True)
class Budget:
    """What was expected of one number; ``seen`` is None when it was not measured, ``reason`` says why undecided."""

    name: str
    bound: float
    relation: Literal["≤", "≥"]
    outcome: Outcome
    seen: Estimate | None
    reason: str = ""


@dataclass(frozen=True)
class Result:
    """One evaluation from question to record."""

    run: str
    evaluation: Evaluation
    hashes: dict[str, str]
    started_at: str
    folder: Path
    words: tuple[str, ...] = ()
    placement: dict[str, Any] = field(default_factory=dict)
    artifacts: dict[str, Any] = field(default_factory=dict)
    stack: dict[str, Any] = field(default_factory=dict)
    measurement: Measurement = Measurement(())
    verdict: Verdict = Verdict()
    metrics: dict[str, Estimate] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    budgets: tuple[Budget, ...] = ()
    steps_s: dict[str, float] = field(default_factory=dict)
    mlflow: dict[str, str] = field(default_factory=dict)
    failure: str = ""
    detectable: dict[str, float] = field(default_factory=dict)  # metric → smallest relative difference it would show
    across: dict[str, Estimate] = field(default_factory=dict)  # the same values, with what differs between sessions
    environment: dict[str, Any] = field(default_factory=dict)  # of one that was read back; else its processes tell

    @property
    def passed(self) -> bool:
        """Measured, and every check held."""
        return not self.failure and self.verdict.passed

    @property
    def expected(self) -> Outcome:
        """Of all budgets together: violated if one is, else undecided if one is, else met."""
        found = {b.outcome for b in self.budgets}
        return "violated" if "violated" in found else "undecided" if "undecided" in found else "met"

    @property
    def exit_code(self) -> int:
        """0 met, 1 failed or violated, 4 undecided."""
        return {"met": 0, "violated": 1, "undecided": UNDECIDED}[self.expected] if self.passed else 1

    def with_(self, **changes: Any) -> "Result":
        """A copy with some nouns added."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Sweep:
    """Several evaluations of one request, in order.

    ``asked``: a list of words, or a specification, for each; ``expected``: how many cells it will have.
    """

    run: str
    folder: Path
    cells: tuple[Result, ...]
    mlflow: dict[str, str] = field(default_factory=dict)
    asked: tuple[Any, ...] = ()
    expected: int = 0

    @property
    def passed(self) -> bool:
        """Whether every cell passed."""
        return all(c.passed for c in self.cells)

    @property
    def exit_code(self) -> int:
        """That of the worst cell: 1 before 4 before 0."""
        codes = {c.exit_code for c in self.cells}
        return 1 if 1 in codes else max(codes, default=0)
