"""Offline: everything is there from the start and is worked off in batches; judged by throughput (MLPerf Inference)."""

from __future__ import annotations

from typing import Annotated

from tasks.plugins import Range
from tasks.scenarios._overlap import overlapped
from tasks.scenarios.base import Log, System

JUDGED = "throughput_per_s"


def run(
    system: System,
    log: Log,
    *,
    batch_size: Annotated[int, Range(gt=0)],
    warmup_queries: Annotated[int, Range(ge=0)],
    min_duration_s: Annotated[float, Range(ge=0)],
    min_queries: Annotated[int, Range(gt=0)],
) -> None:
    """One batch a query, stages overlap; both minima must be reached. Durations in s, counts in queries (batches)."""
    overlapped(system, log, batch_size, warmup_queries, min_duration_s, min_queries)
