"""Text that a server streams: time to first token, time per output token, the longest pause, tokens/s, and goodput.

``ttft`` is from the start of a query, or from its scheduled arrival where there is one, to the first token; ``tpot`` is
the mean time of each further token of one answer, (last - first) / (tokens - 1), as MLPerf Inference and vLLM have it,
so that answers of fewer than two tokens have none. ``pause`` is the longest wait between two pieces of one answer.
Intervals are those of latencies: where queries arrive by a schedule, over schedules.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from tasks.metrics.base import Metric
from tasks.metrics.latency import PERCENTS, estimated, replicated_ms, start
from tasks.metrics.throughput import per_second
from tasks.results.measurement import Estimate, Measurement
from tasks.results.process import Process
from tasks.results.streamed import Taken, pause_ms, streamed, tpot_ms, ttft_ms
from tasks.statistics import WITHIN_ONE_PROCESS, between_processes


def percentile_ms(measurement: Measurement, taken: Taken, percent: float) -> Estimate | None:
    """The nearest-rank percentile over queries; None where no answer was streamed."""
    processes = streamed(measurement.timed)
    if processes and all("queue_ns" in p.latencies for p in processes):
        schedules = [[x for q in p.schedules if len(x := taken(q.iloc[start(q) :]))] for p in processes]
        return replicated_ms(list(filter(None, schedules)), percent / 100)
    times = [x for p in processes if len(x := taken(p.timed))]
    return estimated(times, percent / 100) if times else None


def tokens_per_second(measurement: Measurement) -> Estimate | None:
    """Output tokens of all queries / wall time; the note says when they are not the server's own count."""
    processes = streamed(measurement.timed)
    found = per_second(Measurement(processes), lambda q: q["output_tokens"], "tokens/s") if processes else None
    counted = {p.facts.get("tokens_counted", "by the server") for p in processes} - {"by the server"}
    notes = [found.note, *(f"tokens counted {way}" for way in sorted(counted))] if found else []
    return replace(found, note="; ".join(filter(None, notes))) if found else None


def good(process: Process, queries: pd.DataFrame) -> "pd.Series[int]":
    """1 where a query keeps every limit of its scenario, else 0; an answer without tokens keeps none."""
    limits: dict[str, Any] = process.facts["limits"]
    kept = pd.Series(queries["output_tokens"] > 0)
    if "ttft_ms" in limits:
        kept &= ttft_ms(queries) <= limits["ttft_ms"]
    if "tpot_ms" in limits:
        further = (queries["output_tokens"] - 1).clip(lower=1)
        kept &= (queries["last_token_ns"] - queries["first_token_ns"]) / further / 1e6 <= limits["tpot_ms"]
    return kept.astype(int)


def _limited(measurement: Measurement) -> tuple[Process, ...]:
    return tuple(p for p in streamed(measurement.timed) if p.facts.get("limits"))


def good_share(measurement: Measurement) -> Estimate | None:
    """Queries within the limits / queries; Student's t over the processes. None without a limit."""
    processes = _limited(measurement)
    if not processes:
        return None
    each, sizes = [float(good(p, p.timed).mean()) for p in processes], [len(p.timed) for p in processes]
    value = float(np.average(each, weights=sizes))
    interval = between_processes(each, value)
    low, high = (interval.low, min(1.0, interval.high)) if interval else (None, None)
    return Estimate(value, "fraction", low, high, sum(sizes), len(each), WITHIN_ONE_PROCESS if len(each) == 1 else "")


def good_per_second(measurement: Measurement) -> Estimate | None:
    """Queries within the limits / wall time. None without a limit."""
    processes = _limited(measurement)
    return per_second(Measurement(processes), partial(good, processes[0]), "queries/s") if processes else None


def _of(group: str, taken: Taken, formula: str) -> tuple[Metric, ...]:
    each = "x_(⌈{:g} n⌉) of the n timed queries' x = {}"
    boundary: Any = "response" if taken is ttft_ms else "predict"
    return tuple(
        Metric(
            *(group, f"{group}_p{p}_ms", "ms", "lower", boundary, each.format(p / 100, formula)),
            compute=partial(percentile_ms, taken=taken, percent=p),
        )
        for p in PERCENTS
    )


METRICS = (
    *_of("ttft", ttft_ms, "first token - start, or - scheduled arrival"),
    *_of("tpot", tpot_ms, "(last token - first token) / (output tokens - 1), of two tokens or more"),
    *_of("pause", pause_ms, "longest time between two pieces of one answer"),
    Metric(
        "output_tokens",
        "output_tokens_per_s",
        "tokens/s",
        "higher",
        "end_to_end",
        "Σ output tokens / Σ wall time over the timed processes",
        tokens_per_second,
    ),
    Metric(
        "goodput",
        "goodput_share",
        "fraction",
        "higher",
        "response",
        "queries with tokens within every limit (ttft_ms, tpot_ms) / queries",
        good_share,
    ),
    Metric(
        "goodput",
        "goodput_per_s",
        "queries/s",
        "higher",
        "response",
        "queries with tokens within every limit (ttft_ms, tpot_ms) / Σ wall time",
        good_per_second,
    ),
)
