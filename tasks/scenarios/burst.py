"""Burst: ``burst_size`` queries at once, at a rate that holds over time; else as `server`."""

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
    target_qps: Annotated[float, Range(gt=0)],
    burst_size: Annotated[int, Range(gt=0)],
    latency_bound_ms: Annotated[float, Range(gt=0)],
    percentile: Annotated[float, Range(gt=0, le=99.9)],
    warmup_queries: Annotated[int, Range(ge=0)],
    min_duration_s: Annotated[float, Range(ge=0)],
    min_queries: Annotated[int, Range(gt=0)],
) -> None:
    """One sample a query; the schedule is as long as both minima ask for."""
    times = schedules.burst(target_qps, burst_size)
    offsets = schedules.enough(times, min_duration_s, min_queries)
    scheduled(system, log, offsets, warmup_queries, (latency_bound_ms, percentile))
