"""Tables of recorded runs in the terminal and as one self-contained page."""

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from tasks.reporting.drawing import Drawing
from tasks.reporting.numbers import NONE, shown
from tasks.reporting.page import fill
from tasks.reporting.summary import write_text
from tasks.results.measurement import Estimate
from tasks.results.tables import Row, Table

STATES = {"passed": "green", "failed": "red"}


def show(tables: Sequence[Table], console: Console | None = None) -> None:
    """Print them, each with what its rows have in common."""
    out = console or Console(highlight=False)
    for table in tables:
        out.print(f"\n[bold]{escape(table.title)}[/]")
        out.print(grid(table), crop=False)
        for note in table.notes:
            out.print(escape(note), style="yellow")


def grid(table: Table) -> Grid:
    """One row a run: aspects, then each metric's value and n, its interval below."""
    made = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in table.aspects:
        made.add_column(name, overflow="fold", no_wrap=name == "model")
    for name in table.metrics:
        made.add_column(name, justify="right", overflow="fold")
    made.add_column("state", no_wrap=True)
    for row in table.rows:
        numbers = [_stacked(estimate) for estimate in row.seen]
        state = f"[{STATES.get(row.state, 'yellow')}]{escape(row.state)}[/] {escape(row.mark)}".strip()
        made.add_row(*map(escape, row.aspects), *numbers, state)
    return made


def _stacked(estimate: Estimate | None) -> str:
    value, interval, n = _cells(estimate)
    below = f"\n[dim]{interval}[/]" if interval else ""
    return f"{value}{f' [dim]n {n}[/]' if n else ''}{below}"


def page(title: str, tables: Sequence[Table], drawings: Sequence[Drawing], notes: Sequence[str], path: Path) -> Path:
    """Write the page; returns its path."""
    html = fill(
        "results.html.j2",
        title=title, notes=notes, tables=[(t, [(row, _numbers(row)) for row in t.rows]) for t in tables],
        drawings=[(d.title, d.caption, Markup(d.svg)) for d in drawings],
    )  # fmt: skip
    write_text(path, html)
    return path


def _numbers(row: Row) -> list[tuple[str, str, str]]:
    return [_cells(estimate) for estimate in row.seen]


def _cells(estimate: Estimate | None) -> tuple[str, str, str]:
    if estimate is None:
        return NONE, "", ""
    one = shown(estimate)
    return one.full, one.interval, f"{estimate.n:,}" if estimate.n else ""
