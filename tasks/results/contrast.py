"""Two evaluations held against each other: what differs, what was measured in turn, and the verdict."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasks.statistics import Comparison, Paired, log_ratio


@dataclass(frozen=True)
class Difference:
    """One field of one aspect in which the two sides differ."""

    aspect: str
    field: str
    a: str
    b: str


@dataclass(frozen=True)
class Block:
    """Four fresh processes in a row, A B B A; or A A A A, whose middle ones stand for B. Times, or inverse rates."""

    a: tuple[float, float]
    b: tuple[float, float]

    @property
    def log_ratio(self) -> float:
        """Of the middle ones over the outer ones."""
        return log_ratio(self.a, self.b)


@dataclass(frozen=True)
class Side:
    """One evaluation of the two: its run, and the metric's value in each of its processes that were compared."""

    run: str
    title: str
    software: str
    hw: str
    values: tuple[float, ...]
    folder: Path
    passed: bool = True


@dataclass(frozen=True)
class Contrast:
    """B against A. ``question``: the aspects that were to differ; ``marked``: those that differ beside them, by leave.

    ``blocks`` are A/B, ``nulls`` A/A of the same session; both empty of two finished runs, which were not interleaved.
    ``detectable``: the smallest relative difference that the session would have shown (95 %, power 80 %).
    """

    question: tuple[str, ...]
    metric: str
    unit: str
    a: Side
    b: Side
    differences: tuple[Difference, ...]
    marked: tuple[str, ...]
    comparison: Comparison
    ended: str
    accuracy: Paired | None = None
    accuracy_note: str = ""
    blocks: tuple[Block, ...] = ()
    nulls: tuple[Block, ...] = ()
    detectable: float | None = None
    noise: dict[str, Any] = field(default_factory=dict)

    @property
    def interleaved(self) -> bool:
        """Whether both sides were measured in turn, in one session."""
        return bool(self.blocks)


@dataclass(frozen=True)
class Contrasts:
    """Every comparison of one request, with its report's name and folder."""

    run: str
    folder: Path
    contrasts: tuple[Contrast, ...]
    asked: tuple[str, ...] = ()
    mlflow: dict[str, str] = field(default_factory=dict)

    @property
    def decided(self) -> bool:
        """Whether each has a verdict."""
        return all(c.comparison.verdict != "UNDECIDED" for c in self.contrasts)
