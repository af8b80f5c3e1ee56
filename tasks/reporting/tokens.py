"""Streamed answers: the distributions of the time to the first token and of the time per output token.

In: a `Result`. Out: a `Drawing` each, or None where nothing was streamed.
"""

from tasks.reporting.drawing import MUTED, SERIES, Drawing, canvas, to_svg
from tasks.reporting.latency import colored, curve, mark_percentiles
from tasks.results.measurement import Result
from tasks.results.streamed import Taken, streamed, tpot_ms, ttft_ms


def first_token(result: Result) -> Drawing | None:
    """From the start of a query, or its scheduled arrival."""
    scheduled = any("queue_ns" in p.latencies for p in streamed(result.measurement.timed))
    since = "From the scheduled arrival." if scheduled else "From the start of the query."
    return _drawn(result, "Time to first token", "ttft", ttft_ms, since)


def per_token(result: Result) -> Drawing | None:
    """Of each answer the mean."""
    said = "Of each answer, the mean time of a token after the first."
    return _drawn(result, "Time per output token", "tpot", tpot_ms, said)


def _drawn(result: Result, title: str, group: str, taken: Taken, caption: str) -> Drawing | None:
    processes = [p for p in streamed(result.measurement.timed) if len(taken(p.timed))]
    if not processes:
        return None
    limit = processes[0].facts.get("limits", {}).get(f"{group}_ms")
    with canvas(2.4) as (figure, (axes,)):
        for process, color in colored(processes):
            curve(axes, taken(process.timed), color, f"process {process.index}")
        mark_percentiles(axes, result, group)
        if limit is not None:
            axes.axvline(limit, color=MUTED, lw=0.8)
            axes.annotate("limit", (limit, 2), color=MUTED, xytext=(3, 0), textcoords="offset points")
        axes.set(xlabel=f"{title.lower()}, ms", ylabel="% of queries", ylim=(0, 101), yticks=[0, 25, 50, 75, 100])
        axes.set_xlim(left=0)
        if 1 < len(processes) <= len(SERIES):
            axes.legend(loc="lower right")
        svg = to_svg(figure, group, f"Distribution of the {title.lower()}, one curve a process")
    return Drawing(title, f"{caption} One colour a fresh process.", svg)
