"""Replay: queries arrive as a recorded trace says; else as `server`."""

from __future__ import annotations

from typing import Annotated

from tasks.plugins import Range
from tasks.scenarios import _schedules as schedules
from tasks.scenarios._open import scheduled
from tasks.scenarios.base import Log, System

JUDGED = "response at the bound's percentile"


def run(
    system: System,
    log: Log,
    *,
    trace: str,
    speed: Annotated[float, Range(gt=0)],
    latency_bound_ms: Annotated[float, Range(gt=0)],
    percentile: Annotated[float, Range(gt=0, le=99.9)],
    warmup_queries: Annotated[int, Range(ge=0)],
) -> None:
    """One sample a query; the whole trace. ``trace`` is a file, one time in s a line; ``speed`` 2 halves the gaps."""
    times = schedules.recorded(trace, speed)
    offsets = schedules.enough(iter(times), times[-1], len(times))
    scheduled(system, log, offsets, warmup_queries, (latency_bound_ms, percentile))
