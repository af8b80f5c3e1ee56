"""Where queries arrive by a schedule: how long each waited and how long it was served, over time.

In: a `Result`. Out: a `Drawing`, or None in scenarios without a schedule, and where several rates were tried.
"""

import numpy as np
from matplotlib.axes import Axes

from tasks.reporting.drawing import MUTED, SERIES, Drawing, canvas, to_svg
from tasks.reporting.numbers import shown
from tasks.results.measurement import Result
from tasks.results.process import Process

SLICES = 240  # as many lines as can be told apart
MOST_PROCESSES = 5


def queueing(result: Result) -> Drawing | None:
    """Service, and on top of it the wait in the queue, of each query at its scheduled arrival; a row a process."""
    timed = result.measurement.timed
    processes = [p for p in timed if "queue_ns" in p.latencies and len(p.timed) and not p.facts.get("search")]
    processes = processes[:MOST_PROCESSES]
    if not processes:
        return None
    bound = processes[0].facts.get("bound")
    with canvas(1.0 + 1.0 * len(processes), rows=len(processes), heights=(1,) * len(processes)) as (figure, rows):
        for axes, process in zip(rows, processes, strict=True):
            _stacked(axes, process)
            axes.set_ylabel(f"process {process.index}\nms" if len(processes) > 1 else "ms")
            if bound and axes.get_ylim()[1] > bound["ms"] / 3:  # else the line would flatten everything under it
                axes.axhline(bound["ms"], color=MUTED, lw=0.9, ls="--")
        rows[-1].set_xlabel("scheduled arrival, seconds since the first")
        handles, labels = rows[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=2)
        svg = to_svg(figure, "queueing", "Service and wait in the queue of each query, over time")
    return Drawing("Queue and service over time", _caption(result, processes), svg)


def _stacked(axes: Axes, process: Process) -> None:
    queries = process.timed
    queue, response = queries["queue_ns"].to_numpy() / 1e6, process.latency_ns("response") / 1e6
    at = (queries["start_ns"] - queries["queue_ns"]).to_numpy() / 1e9
    kept = _slowest(response)
    at, queue, response = at[kept] - at.min(), queue[kept], response[kept]
    axes.vlines(at, 0, response - queue, color=SERIES[0], lw=1.2, label="service")
    axes.vlines(at, response - queue, response, color=SERIES[1], lw=1.2, label="in the queue")
    axes.set_ylim(bottom=0)


def _slowest(response: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """Indices of the slowest query of each slice; of all, where they are few."""
    slices = np.array_split(np.arange(len(response)), min(SLICES, len(response)))
    return np.array([s[np.argmax(response[s])] for s in slices])


def _caption(result: Result, processes: list[Process]) -> str:
    thinned = any(len(p.timed) > SLICES for p in processes)
    shows = f"The slowest query of each of {SLICES} slices" if thinned else "Every query"
    late = result.metrics.get("issue_error_p99_us")
    said = f" 99 of 100 were issued at most {shown(late).full} late." if late and late.value is not None else ""
    bound = processes[0].facts.get("bound")
    line = f" Dashed, where it is near: the bound, {bound['ms']:g} ms." if bound else ""
    more = len(result.measurement.timed) - len(processes)
    rest = f" {more} more processes are not drawn." if more else ""
    return f"{shows}, from its scheduled arrival.{line}{said}{rest}"
