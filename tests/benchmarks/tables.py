"""Tables of simulated rates, as `python -m tests.benchmarks.coverage` writes them. Not run alone."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tasks.statistics import proportion_interval


@dataclass(frozen=True)
class Section:
    """A table: ``rows`` simulates its lines at a scale."""

    title: str
    text: str
    head: tuple[str, ...]
    rows: Callable[[float], Iterator[list[str]]]

    def render(self, scale: float) -> str:
        """As Markdown."""
        lines = [f"## {self.title}", "", self.text, "", _line(self.head), _line(["---"] * len(self.head))]
        return "\n".join([*lines, *map(_line, self.rows(scale)), ""])


def _line(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


def rate(hits: int, trials: int) -> str:
    """A share in percent ± its Monte Carlo error; «–» of no trials."""
    if not trials:
        return "–"
    p = hits / trials
    return f"{100 * p:.1f} ± {100 * 1.96 * math.sqrt(p * (1 - p) / trials):.1f}"


def limit(hits: int, trials: int) -> str:
    """A share in percent and its exact one-sided 95 % upper limit (Clopper & Pearson)."""
    return f"{100 * hits / trials:.2f} (≤ {100 * proportion_interval(hits, trials, 0.9).high:.2f})"
