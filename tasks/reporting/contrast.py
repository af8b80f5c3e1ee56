"""A comparison as summary.json, as a page with the ratio of every block, and in the terminal.

In: `Contrasts`. Every number stands beside what it rests on: blocks, interval, margin, noise, and what differs.
"""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tasks.environment import noise
from tasks.reporting.drawing import INK, MUTED, SERIES, Drawing, canvas, to_svg
from tasks.reporting.numbers import percent
from tasks.reporting.page import fill
from tasks.reporting.summary import jsonable, write_json, write_text
from tasks.results.contrast import Contrast, Contrasts

COLORS = {"FASTER": "green", "SLOWER": "red", "SAME": "green", "UNDECIDED": "yellow"}


def write(done: Contrasts) -> Path:
    """Its folder, `index.html`, and `summary.json`; returns the latter's path."""
    shown = [(c, list(lines(c)), Markup(drawn(c, i).svg) if c.blocks else "") for i, c in enumerate(done.contrasts)]
    write_json(done.folder / "summary.json", summary(done))
    write_text(done.folder / "index.html", fill("contrast.html.j2", done=done, shown=shown, headline=headline))
    return done.folder / "summary.json"


def summary(done: Contrasts) -> dict[str, Any]:
    """Plain data, raw values of every process included."""
    whole = {
        "run": done.run, "folder": done.folder, "decided": done.decided, "asked": done.asked, "mlflow": done.mlflow,
        "comparisons": [{**asdict(c), "interleaved": c.interleaved} for c in done.contrasts],
    }  # fmt: skip
    plain: dict[str, Any] = jsonable(whole)
    return plain


def headline(c: Contrast) -> str:
    """«B is 3.1 % slower than A», or what is known instead."""
    found = c.comparison
    if found.ratio is None:
        return "not known"
    change = found.ratio - 1
    words = {
        "FASTER": f"B takes {percent(-change)} less than A",
        "SLOWER": f"B takes {percent(change)} more than A",
        "SAME": f"B takes what A takes, within ±{100 * found.margin:g} %",
        "UNDECIDED": f"B took {percent(abs(change))} {'more' if change > 0 else 'less'} than A, which may be chance",
    }
    return words[found.verdict]


def lines(c: Contrast) -> Iterator[tuple[str, str]]:
    """What a reader needs to trust the verdict: name and sentence."""
    found = c.comparison
    if found.interval:
        inside = f"{found.interval.low:.4f} to {found.interval.high:.4f}"
        rate = " (inverse rates)" if "per_s" in c.metric else ""
        yield "ratio B/A", f"{found.ratio:.4f}, 95 % interval {inside}, of {c.metric}{rate}"
    yield "because", found.reason
    yield "ended by", c.ended
    yield "asked about", ", ".join(c.question) or "nothing: both sides are the same evaluation"
    if c.marked:
        yield "marked", f"differs beside what is usually asked about: {', '.join(c.marked)}"
    if c.interleaved:
        least = "needs four A/A blocks" if c.detectable is None else f"{percent(c.detectable)} (95 %, power 80 %)"
        yield "could have shown", f"{least}, by {len(c.nulls)} A/A blocks between"
    yield "noise", noise.words(c.noise) or "not recorded for both"
    yield "accuracy", _accuracy(c)


def _accuracy(c: Contrast) -> str:
    pair = c.accuracy
    if pair is None:
        return f"not compared: {c.accuracy_note}"
    interval = f"{100 * pair.interval.low:+.2f} to {100 * pair.interval.high:+.2f}"
    return (
        f"B − A {100 * pair.difference:+.2f} points ({interval}), {pair.flipped} of {pair.n} answers flipped "
        f"({pair.gained} gained, {pair.lost} lost; p = {pair.p_value:.2g})"
    )


def show(done: Contrasts, console: Console | None = None) -> None:
    """Print on standard output, or on the given console."""
    (console or Console(highlight=False)).print(view(done), crop=False)


def view(done: Contrasts) -> RenderableType:
    """What `show` prints."""
    parts: list[RenderableType] = []
    for c in done.contrasts:
        color = COLORS[c.comparison.verdict]
        parts.append(Text.from_markup(f"\n[bold {color}]{c.comparison.verdict}[/]  {escape(headline(c))}"))
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for name, side in (("A", c.a), ("B", c.b)):
            middle = f"{np.median(side.values):.4g} {c.unit}" if side.values else "no value"
            failed = "" if side.passed else "; its checks failed"
            row = f"{side.title}, {side.software}, {side.hw}: {middle}, median of {len(side.values)} processes{failed}"
            table.add_row(name, escape(row))
        for name, text in lines(c):
            table.add_row(name, escape(text))
        parts.append(table)
    parts.append(Text.assemble(("report", "dim"), f"  {done.folder / 'index.html'}", no_wrap=True, overflow="ignore"))
    return Group(*parts)


def drawn(c: Contrast, number: int = 0) -> Drawing:
    """The ratio of every block, A/B and A/A, with the margin and the interval."""
    margin, found = 100 * c.comparison.margin, c.comparison
    with canvas(2.6) as (figure, (axes,)):
        axes.axhspan(-margin, margin, color=SERIES[2], alpha=0.12, linewidth=0)
        if found.interval:
            ends = [100 * (end - 1) for end in (found.interval.low, found.interval.high)]
            axes.axhspan(*ends, color=SERIES[0], alpha=0.15, linewidth=0)
        for blocks, color, label in ((c.nulls, MUTED, "A against itself"), (c.blocks, SERIES[0], "B against A")):
            heights = [100 * np.expm1(block.log_ratio) for block in blocks]
            axes.plot(range(1, len(heights) + 1), heights, "o", color=color, label=label, markersize=4)
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.set_xlabel("block")
        axes.set_ylabel("more than A, %")
        axes.legend(loc="best")
        label = f"Ratio of {len(c.blocks)} blocks"
        svg = to_svg(figure, f"blocks-{number}", label)
    return Drawing("Every block", label, svg)
