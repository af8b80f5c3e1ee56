"""What changes from point to point: latency against rate, throughput against batch size.

In: a `Result` whose scenario has several points. Out: a `Drawing`, or None.
"""

from typing import Any

import numpy as np
import pandas as pd

from tasks.reporting.drawing import INK, MUTED, SERIES, Drawing, canvas, to_svg
from tasks.results.measurement import Result
from tasks.results.process import latency_ns, wall_s

LEAST_SHARE = 0.99  # of its schedule: a rate that was given up early has no percentile


def latency_against_rate(result: Result) -> Drawing | None:
    """The percentile of the bound at every rate that was measured to its end; passed filled, failed hollow."""
    rows = [
        (point["rate"], percentile_ms(queries, float(process.facts["bound"]["percentile"])), point["passed"])
        for process in result.measurement.timed
        for point, queries in process.points
        if "rate" in point and point["queries"] >= LEAST_SHARE * point["scheduled"]
    ]
    if not rows:
        return None
    bound = result.measurement.timed[0].facts["bound"]
    with canvas(2.9) as (figure, (axes,)):
        for passed in (True, False):
            chosen = [(x, y) for x, y, p in rows if p is passed]
            style: Any = {} if passed else {"mfc": "none"}
            label = "passed" if passed else "failed"
            if chosen:
                axes.plot(*zip(*chosen, strict=True), "o", ms=4, color=SERIES[0 if passed else 1], label=label, **style)
        axes.axhline(bound["ms"], color=MUTED, lw=0.8)
        peak = result.metrics.get("peak_qps")
        if peak is not None and peak.value is not None:
            axes.axvline(peak.value, color=INK, lw=0.8)
        axes.set(xlabel="queries per second", ylabel=f"response p{bound['percentile']:g}, ms")
        axes.set_ylim(bottom=0)
        axes.legend(loc="upper left")
        svg = to_svg(figure, "rates", "Response latency against the rate of arrivals")
    caption = "Every rate that was measured to its end. Lines: the bound, and the highest rate that passed."
    return Drawing("Latency against rate", caption, svg)


def throughput_against_batch(result: Result) -> Drawing | None:
    """Samples per second of each process at every batch size."""
    rows = [
        (point["batch_size"], float(queries["samples"].sum()) / wall_s(queries), i)
        for i, process in enumerate(result.measurement.timed)
        for point, queries in process.points
        if "batch_size" in point and len(queries) and wall_s(queries)
    ]
    if not rows:
        return None
    with canvas(2.9) as (figure, (axes,)):
        for i in sorted({i for *_, i in rows}):
            xs, ys = zip(*((x, y) for x, y, j in rows if j == i), strict=True)
            axes.plot(xs, ys, "o-", ms=4, lw=1.2, color=SERIES[i % len(SERIES)], label=f"process {i}")
        sizes = sorted({x for x, *_ in rows})
        axes.set_xscale("log", base=2)
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.set(xlabel="batch size", ylabel="samples per second")
        axes.set_ylim(bottom=0)
        if len({i for *_, i in rows}) > 1:
            axes.legend(loc="lower right")
        svg = to_svg(figure, "batches", "Throughput against batch size")
    return Drawing("Throughput against batch size", "One line a fresh process.", svg)


def percentile_ms(queries: pd.DataFrame, percent: float) -> float:
    """The nearest-rank percentile of the response, in ms."""
    xs = np.sort(latency_ns(_queued(queries), "response")) / 1e6
    return float(xs[int(np.ceil(percent / 100 * len(xs))) - 1])


def _queued(queries: pd.DataFrame) -> pd.DataFrame:
    return queries if "queue_ns" in queries else queries.assign(queue_ns=0)
