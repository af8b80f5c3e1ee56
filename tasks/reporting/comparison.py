"""The cells of a sweep beside each other: one panel a metric, one row a cell, a dot with its interval in each.

In: a `Sweep`. Out: panels as plain data in per cent of their width, which the page draws with CSS: rows stay aligned,
text stays text, and 200 of them take no time.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from matplotlib.ticker import LogLocator, MaxNLocator

from tasks.reporting.headline import caption, judged, rightnesses
from tasks.reporting.numbers import SCALES, shown
from tasks.results.measurement import Estimate, Sweep

WIDE = 20.0  # a metric whose largest value is so many times its smallest gets a logarithmic axis
ROOM = 0.06  # on both sides, of the span


@dataclass(frozen=True)
class Mark:
    """One cell in one panel: the dot, and the interval from ``left`` on, in % of the width; ``text`` says it."""

    dot: float
    left: float
    width: float
    text: str


@dataclass(frozen=True)
class Panel:
    """One metric: its title with unit, its ticks (%, label), and a mark a cell, None where nothing may be stated."""

    title: str
    ticks: tuple[tuple[float, str], ...]
    marks: tuple[Mark | None, ...]


@dataclass(frozen=True)
class Axis:
    """From a value to % of a panel's width."""

    low: float
    high: float
    logarithmic: bool

    def at(self, value: float) -> float:
        """0 at the left end, 100 at the right one."""
        low, high, x = (math.log(v) if self.logarithmic else v for v in (self.low, self.high, value))
        return round(100 * (x - low) / (high - low), 2)

    def ticks(self, most: float) -> Iterator[tuple[float, str]]:
        """A few round values on the axis, none above ``most``."""
        locator = LogLocator(numticks=5) if self.logarithmic else MaxNLocator(nbins=4)
        inside = [float(t) for t in locator.tick_values(self.low, self.high) if self.low <= t <= min(self.high, most)]
        step = min((b - a for a, b in pairwise(inside)), default=1.0)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        yield from ((self.at(t), f"{t:g}" if self.logarithmic else f"{t:,.{decimals}f}") for t in inside)


def panel_metrics(sweep: Sweep) -> tuple[str, ...]:
    """How right they are, a latency, and a throughput: what the cells are judged by, where that is the same for all."""
    by = {judged(cell) for cell in sweep.cells if cell.metrics}
    only = by.pop() if len(by) == 1 else ""
    latency = only if only.endswith("_ms") else "predict_p50_ms"
    return *rightnesses(sweep.cells), latency, "peak_qps" if only == "peak_qps" else "throughput_per_s"


def compared(sweep: Sweep, metrics: tuple[str, ...]) -> list[Panel]:
    """A panel for each metric that some cell has."""
    rows = [(name, [cell.metrics.get(name) for cell in sweep.cells]) for name in metrics]
    return [_panel(name, of) for name, of in rows if any(_span(e) for e in of)]


def _panel(name: str, estimates: list[Estimate | None]) -> Panel:
    spans = [span for estimate in estimates if (span := _span(estimate))]
    axis = _axis(min(map(min, spans)), max(map(max, spans)))
    unit = next(e.unit for e in estimates if e)
    title = f"{caption(name)}, {SCALES.get(unit, (1, unit))[1]}" + (" (logarithmic)" if axis.logarithmic else "")
    ticks = axis.ticks(100.0 if unit == "fraction" else math.inf)
    return Panel(title, tuple(ticks), tuple(_mark(axis, e) for e in estimates))


def _axis(low: float, high: float) -> Axis:
    if low > 0 and high > WIDE * low:
        room = (high / low) ** ROOM
        return Axis(low / room, high * room, True)
    room = ROOM * (high - low or abs(high) or 1.0)
    return Axis(low - room, high + room, False)


def _mark(axis: Axis, estimate: Estimate | None) -> Mark | None:
    span = _span(estimate)
    if span is None or estimate is None:
        return None
    low, value, high = map(axis.at, span)
    one = shown(estimate)
    return Mark(value, low, round(high - low, 2), one.full + (f" ({one.interval})" if one.interval else ""))


def _span(estimate: Estimate | None) -> tuple[float, float, float] | None:
    """Low, value, high in the unit that is shown; all the value without an interval; None without a value."""
    if estimate is None or estimate.value is None:
        return None
    scale = SCALES.get(estimate.unit, (1.0, ""))[0]
    low, high = (estimate.value if x is None else x for x in (estimate.low, estimate.high))
    return scale * low, scale * estimate.value, scale * high
