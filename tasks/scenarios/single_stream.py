"""Single stream: one sample a query, the next when the last one has ended (MLPerf Inference, §3.2)."""

from __future__ import annotations

from typing import Annotated

from tasks.plugins import Range
from tasks.scenarios._closed import closed_loop
from tasks.scenarios.base import Log, System

JUDGED = "end_to_end_p90_ms"


def run(
    system: System,
    log: Log,
    *,
    warmup_queries: Annotated[int, Range(ge=0)],
    min_duration_s: Annotated[float, Range(ge=0)],
    min_queries: Annotated[int, Range(gt=0)],
) -> None:
    """One sample a query; both minima must be reached. Durations in seconds, counts in queries."""
    closed_loop(system, log, 1, warmup_queries, min_duration_s, min_queries)
