"""Advice in the terminal: the choice, the front, and the others with their reasons."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tasks.reporting.numbers import NONE, shown


def show(advice: Any, console: Console | None = None) -> None:
    """``advice``: an `Advice`; reporting does not know how it came about."""
    out = console or Console(highlight=False)
    for note in advice.notes:
        out.print(escape(note), style="yellow", soft_wrap=True)
    if advice.choice is None:
        out.print("\n[bold]Nothing recorded satisfies all.[/]")
    else:
        out.print(
            f"\n[bold]{escape(advice.choice.name)}[/]  best by {advice.by.name}: {_number(advice.choice, advice.by)}"
        )
        for one in advice.inseparable:
            said = f"cannot be separated from it by {advice.by.name}: {one.name}, {_number(one, advice.by)}"
            out.print(escape(said), style="yellow", soft_wrap=True)
    if advice.front:
        out.print(_front(advice))
    for title, pairs in (("undecided", advice.undecided), ("ruled out", advice.ruled_out)):
        for one, why in pairs:
            out.print(f"[dim]{title}[/]  {escape(one.name)}: {escape(why)}", soft_wrap=True)


def _front(advice: Any) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Pareto front", overflow="fold")
    for axis in advice.axes:
        table.add_column(axis.name, justify="right")
    for one in advice.front:
        table.add_row(escape(one.name), *(escape(_number(one, axis).replace(" (", "\n(")) for axis in advice.axes))
    return table


def _number(one: Any, axis: Any) -> str:
    seen = one.values.get(axis.name)
    if seen is None or seen.value is None:
        return NONE
    number = shown(seen)
    return f"{number.full} ({number.interval})" if number.interval else number.full
