"""Batches: throughput against batch size, and the optimal one by two rules: gain below 5 %, and maximum.

The first is MLModelScope's: go up the sizes while a step brings 5 % or more (arXiv 1911.08031, «optimal batch size»).
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from tasks.errors import Refused
from tasks.plugins import Range
from tasks.scenarios._overlap import overlapped
from tasks.scenarios.base import Log, Part, System

JUDGED = "throughput_per_s"
LEAST_GAIN = 0.05


def run(
    system: System,
    log: Log,
    *,
    sizes: list[Annotated[int, Range(gt=0)]],
    warmup_queries: Annotated[int, Range(ge=0)],
    min_duration_s: Annotated[float, Range(ge=0)],
    min_queries: Annotated[int, Range(gt=0)],
) -> None:
    """Each size in the order given, stages overlap; both minima hold for each. The result is about the fastest."""
    if not sizes or sizes != sorted(set(sizes)):
        raise Refused(f"scenario.sizes={sizes} must rise and name at least one size, as [1,2,4,8].")
    rates = []
    for point, size in enumerate(sizes):
        part = overlapped(system, log, size, warmup_queries, min_duration_s, min_queries, point)
        rates.append(per_second(part))
        log.points.append({"batch_size": size, "per_s": rates[-1]})
    log.headline = [int(np.argmax(rates))]
    log.facts |= {"optimal_by_gain": sizes[by_gain(rates)], "optimal_by_maximum": sizes[log.headline[0]]}


def per_second(part: Part) -> float:
    """Samples per second from the first start to the last end; 0 for a part that took no time."""
    took_ns = part.readings[-1] - part.readings[0] if len(part) else 0  # the last reading is an end, the first a start
    return 1e9 * part.samples * len(part) / took_ns if took_ns else 0.0


def by_gain(rates: list[float]) -> int:
    """The index at which going on stops to bring `LEAST_GAIN`."""
    for i in range(len(rates) - 1):
        if rates[i + 1] < (1 + LEAST_GAIN) * rates[i]:
            return i
    return len(rates) - 1
