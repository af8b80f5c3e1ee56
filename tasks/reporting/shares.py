"""Where the time of a pipeline goes: its models, what is between them, and what is before and after, of every process.

In: a `Result`. Out: a `Drawing`, or None where there is one model only.
"""

import numpy as np

from tasks.reporting.drawing import MUTED, SERIES, Drawing, canvas, to_svg
from tasks.reporting.numbers import percent
from tasks.results.measurement import Result
from tasks.results.process import Process, stages_of

LEAST = 0.06  # of the bar: a smaller part has no number in it


def shares(result: Result) -> Drawing | None:
    """One bar a process: the mean ms of a query in each part, in the order in which they come."""
    processes = [p for p in result.measurement.timed if len(p.timed) and stages_of(p.latencies)]
    if not processes:
        return None
    parts = {p.index: parts_ms(p) for p in processes}
    names = list(next(iter(parts.values())))
    with canvas(1.3 + 0.42 * len(processes)) as (figure, (axes,)):
        for row, of in enumerate(parts.values()):
            left, whole = 0.0, sum(of.values())
            for number, name in enumerate(names):
                color = SERIES[number % len(SERIES)] if name in stages_of(processes[0].latencies) else MUTED
                alpha = 0.75 if color != MUTED else 0.12 + 0.1 * number / len(names)
                label = name if row == 0 else None
                axes.barh(row, of[name], left=left, color=color, alpha=alpha, height=0.6, label=label, lw=0)
                if of[name] > LEAST * whole:
                    axes.text(
                        left + of[name] / 2, row, percent(of[name] / whole), ha="center", va="center", fontsize=8.5
                    )
                left += of[name]
        axes.set(xlabel="mean of a query, ms", yticks=range(len(parts)), yticklabels=[f"process {i}" for i in parts])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        figure.legend(loc="outside upper center", ncols=3)
        svg = to_svg(figure, "shares", "Share of each model of the pipeline, one bar a process")
    caption = "Mean time of a query in each model, between them, and before and after; one bar a fresh process."
    return Drawing("Share of each model", caption, svg)


def parts_ms(process: Process) -> dict[str, float]:
    """Part → mean ms of a timed query, in the order in which they come: what is between two models behind the first."""
    ms = {name: float(np.mean(process.latency_ns(f"predict.{name}"))) / 1e6 for name in stages_of(process.latencies)}
    rest = {stage: float(np.mean(process.latency_ns(stage))) / 1e6 for stage in ("preprocess", "postprocess")}
    return {"preprocess": rest["preprocess"], **ms, "postprocess": rest["postprocess"]}
