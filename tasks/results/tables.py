"""A table of recorded runs: rows that may stand beside each other, or say by a mark that they may not."""

from dataclasses import dataclass

from tasks.results.measurement import Estimate


@dataclass(frozen=True)
class Row:
    """One run: aspects in words, one estimate a metric (None: not measured), ``mark`` where it does not compare."""

    run: str
    started: str
    aspects: tuple[str, ...]
    seen: tuple[Estimate | None, ...]
    state: str
    mark: str = ""


@dataclass(frozen=True)
class Table:
    """``title`` is what all rows have in common; ``aspects`` and ``metrics`` name the columns."""

    title: str
    aspects: tuple[str, ...]
    metrics: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
