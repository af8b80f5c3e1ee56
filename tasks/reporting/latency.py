"""Latency of every query: its distribution, and over time.

In: a `Result`. Out: a `Drawing`, or None when nothing was timed.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator

from tasks.reporting.drawing import INK, MUTED, SERIES, Drawing, canvas, to_svg
from tasks.results.measurement import Result
from tasks.results.process import Process

BUCKETS = 300
CURVE = 400
Floats = np.ndarray[Any, np.dtype[np.float64]]


def distribution(result: Result) -> Drawing | None:
    """Histogram and empirical distribution function, one colour a process; of the response where queries queue."""
    processes = [p for p in result.measurement.timed if len(p.timed)]
    if not processes:
        return None
    scheduled = all("queue_ns" in p.latencies for p in processes)
    boundary, named = ("response", "response") if scheduled else ("predict", "predict latency")
    with canvas(3.4, rows=2, heights=(1, 1.6)) as (figure, (above, below)):
        everything = np.concatenate([_ms(p, boundary) for p in processes])
        logarithmic = float(everything.max()) > 4 * float(np.median(everything)) and everything.min() > 0
        bins = _bins(everything, logarithmic)
        for process, color in colored(processes):
            xs = _ms(process, boundary)
            above.hist(xs, bins=bins.tolist(), histtype="stepfilled", color=color, alpha=0.30, linewidth=0)
            above.hist(xs, bins=bins.tolist(), histtype="step", color=color, linewidth=1.1)
            curve(below, xs, color, f"process {process.index}")
        mark_percentiles(below, result, boundary)
        above.set(yticks=[])
        above.grid(visible=False)
        below.set(xlabel=f"{named}, ms", ylabel="% of queries", ylim=(0, 101), yticks=[0, 25, 50, 75, 100])
        if logarithmic:
            below.set_xscale("log")
            below.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            below.xaxis.set_major_formatter("{x:g}")
            below.minorticks_off()
        if 1 < len(processes) <= len(SERIES):
            below.legend(loc="lower right")
        svg = to_svg(figure, "distribution", f"Distribution of the {named}, one curve a process")
    since = " From the scheduled arrival." if scheduled else ""
    return Drawing("Latency distribution", f"Every timed query; one colour a fresh process.{since}", svg)


def curve(axes: Axes, xs: Floats, color: str, label: str) -> None:
    """The empirical distribution function, in %."""
    shares, ordered = np.linspace(0, 1, min(CURVE, len(xs) + 1)), np.sort(xs)
    at = ordered[np.clip(np.ceil(shares * len(xs)).astype(int) - 1, 0, None)]
    axes.plot(at, 100 * shares, drawstyle="steps-post", color=color, lw=1.4, label=label)


def mark_percentiles(axes: Axes, result: Result, boundary: str) -> None:
    for percent in (50, 90, 99):
        estimate = result.metrics.get(f"{boundary}_p{percent}_ms")
        if estimate is not None and estimate.value is not None:
            axes.plot([estimate.value], [percent], marker="o", ms=4, color=INK, lw=0)
            offset: Any = {"xytext": (-5, 4), "textcoords": "offset points", "ha": "right"}
            axes.annotate(f"p{percent}", (estimate.value, percent), color=INK, **offset)


def _bins(xs: Floats, logarithmic: bool) -> Floats:
    count = min(80, max(12, int(np.sqrt(len(xs)))))
    low, high = float(xs.min()), float(xs.max())
    high = max(high, low + 1e-6)  # equal latencies still need a bin
    return np.geomspace(low, high * (1 + 1e-9), count) if logarithmic else np.linspace(low, high, count)


def over_time(result: Result) -> Drawing | None:
    """Predict latency against the time of the query; warm-up hollow, left of 0."""
    processes = [p for p in result.measurement.timed if len(p.timed)]
    if not processes:
        return None
    with canvas(2.7) as (figure, (axes,)):
        for process, color in colored(processes):
            warm, timed = process.latencies[process.latencies["warmup"]], process.timed
            at, ms = _thinned(timed["start_ns"].to_numpy() / 1e9, _ms(process, "predict"))
            axes.plot(at, ms, ".", ms=3.6, color=color, alpha=0.75, mew=0, label=f"process {process.index}")
            before = warm["start_ns"].to_numpy() / 1e9, warm["predict_ns"].to_numpy() / 1e6
            axes.plot(*_thinned(*before), "o", ms=2.8, mfc="none", mec=color, mew=0.8)
        if any(p.latencies["warmup"].any() for p in processes):
            axes.axvline(0, color=MUTED, lw=0.8)
            place: Any = {"xycoords": ("data", "axes fraction"), "xytext": (4, -2), "textcoords": "offset points"}
            axes.annotate("warm-up ends", (0, 1), va="top", color=MUTED, fontsize=8.5, **place)
        axes.set(xlabel="seconds since the first timed query", ylabel="predict latency, ms")
        axes.set_ylim(bottom=0)
        svg = to_svg(figure, "over-time", "Predict latency over time, one colour a process")
    thinned = any(len(p.timed) > 2 * BUCKETS for p in processes)
    caption = f"Of each process, the fastest and the slowest query of {BUCKETS} slices." if thinned else "Every query."
    caption += " Hollow: warm-up, not counted."
    return Drawing("Latency over time", caption, svg)


def _thinned(at: Floats, ms: Floats) -> tuple[Floats, Floats]:
    """At most two points a slice, its smallest and largest, so that no outlier is lost."""
    if len(ms) <= 2 * BUCKETS:
        return at, ms
    slices = np.array_split(np.arange(len(ms)), BUCKETS)
    kept = np.unique([s[pick(ms[s])] for s in slices for pick in (np.argmin, np.argmax)])
    return at[kept], ms[kept]


def _ms(process: Process, boundary: str) -> Floats:
    return process.latency_ns(boundary) / 1e6


def colored(processes: list[Process]) -> Iterator[tuple[Process, str]]:
    return ((process, SERIES[i % len(SERIES)]) for i, process in enumerate(processes))
