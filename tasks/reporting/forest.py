"""Pictures of recorded runs: one metric a picture, a dot and its interval a run; or values over time.

In: `Table`s, or values with times and what was expected. Out: a `Drawing`.
"""

from collections.abc import Sequence
from datetime import datetime

from tasks.reporting.drawing import INK, MUTED, SERIES, Drawing, canvas, to_svg
from tasks.reporting.numbers import SCALES
from tasks.results.tables import Table
from tasks.statistics import Watched

MOST_ROWS, TEXT = 40, 46


def forest(table: Table, metric: str, place: int = 0) -> Drawing | None:
    """The rows that have this metric, with their intervals; None when fewer than one has it."""
    at = table.metrics.index(metric)
    rows = [(row, e) for row in table.rows if (e := row.seen[at]) is not None and e.value is not None][:MOST_ROWS]
    if not rows:
        return None
    scale, unit = SCALES.get(rows[0][1].unit, (1.0, rows[0][1].unit))
    with canvas(0.7 + 0.24 * len(rows)) as (figure, (axes,)):
        for y, (row, e) in enumerate(rows):
            color = MUTED if row.mark else SERIES[0]
            if e.low is not None and e.high is not None:
                ends = [scale * e.low, scale * e.high]
                axes.plot(ends, [y, y], color=color, lw=5, alpha=0.28, solid_capstyle="round")
            axes.plot([scale * (e.value or 0.0)], [y], "o", ms=5, color=color)
        axes.set_yticks(range(len(rows)), [_short(" · ".join(row.aspects) + f" {row.mark}") for row, _ in rows])
        axes.set(xlabel=f"{metric}, {unit}", ylim=(len(rows) - 0.4, -0.6))
        axes.grid(visible=False, axis="y")
        svg = to_svg(figure, f"forest-{metric}-{place}", f"{metric} of each run with its interval")
    left = sum(row.seen[at] is not None for row in table.rows) - len(rows)
    caption = "Dots: values; bars: 95 % intervals." + (f" {left} more rows in the table." if left else "")
    return Drawing(f"{metric}: {table.title}", caption, svg)


def timeline(metric: str, unit: str, times: Sequence[datetime], seen: Sequence[Watched]) -> Drawing:
    """Values over time, what was expected of each, and which changed."""
    scale, unit = SCALES.get(unit, (1.0, unit))
    with canvas(2.6) as (figure, (axes,)):
        x = range(len(seen))
        told = [(i, w.expected) for i, w in enumerate(seen) if w.expected is not None]
        axes.fill_between(
            [i for i, _ in told], [scale * e.low for _, e in told], [scale * e.high for _, e in told],
            color=SERIES[0], alpha=0.15, lw=0, step="mid",
        )  # fmt: skip
        axes.plot(x, [scale * w.value for w in seen], "o-", ms=3.5, lw=0.8, color=SERIES[0])
        changed = [i for i, w in enumerate(seen) if w.changed]
        axes.plot(changed, [scale * seen[i].value for i in changed], "o", ms=8, mfc="none", color=SERIES[1])
        ticks = sorted({0, len(seen) // 2, len(seen) - 1})
        axes.set_xticks(ticks, [f"{times[i]:%Y-%m-%d %H:%M}" for i in ticks], color=INK)
        axes.set(ylabel=unit)
        svg = to_svg(figure, f"timeline-{metric}", f"{metric} of every run, oldest first")
    return Drawing(metric, "Every run, oldest first. Band: what the runs before let expect. Ringed: changed.", svg)


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= TEXT else f"{text[: TEXT - 1]}…"
