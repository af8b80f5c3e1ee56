"""Multi stream: one query of several samples at a time, the next when the last one has ended (MLPerf, §3.2)."""

from __future__ import annotations

from typing import Annotated

from tasks.plugins import Range
from tasks.scenarios._closed import closed_loop
from tasks.scenarios.base import Log, System

JUDGED = "end_to_end_p99_ms"


def run(
    system: System,
    log: Log,
    *,
    samples_per_query: Annotated[int, Range(gt=0)],
    warmup_queries: Annotated[int, Range(ge=0)],
    min_duration_s: Annotated[float, Range(ge=0)],
    min_queries: Annotated[int, Range(gt=0)],
) -> None:
    """One batch a query; its latency is that of its last sample. Both minima must be reached."""
    closed_loop(system, log, samples_per_query, warmup_queries, min_duration_s, min_queries)
