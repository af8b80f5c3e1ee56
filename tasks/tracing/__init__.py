"""Spans: what took how long inside what. Off costs nothing in the timed path: stage spans are made from its readings.

A span is a dictionary of name, level, start_ns, end_ns (one clock, `perf_counter_ns`). Lean, Python 3.9.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import Any, Iterable, Iterator, Sequence

TOKEN = "token"
STAGES = ("preprocess", "predict", "postprocess")


class Tracer:
    """Spans of one process, in the order they ended."""

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []

    @contextmanager
    def span(self, name: str, level: str = "process") -> Iterator[None]:
        """Record the time that the block takes."""
        start = time.perf_counter_ns()
        try:
            yield
        finally:
            self.spans.append({"name": name, "level": level, "start_ns": start, "end_ns": time.perf_counter_ns()})

    def seconds(self, name: str) -> float:
        """How long the last span of this name took, in seconds."""
        last = next(s for s in reversed(self.spans) if s["name"] == name)
        return float(last["end_ns"] - last["start_ns"]) / 1e9


def stage_spans(rows: Iterable[tuple[int, ...]]) -> list[dict[str, Any]]:
    """Model-level spans from (begin, end) of each stage of the timed queries."""
    return [
        {"name": stage, "level": "model", "start_ns": row[2 * i], "end_ns": row[2 * i + 1]}
        for row in rows
        for i, stage in enumerate(STAGES)
    ]


def token_spans(rows: Iterable[tuple[int, int]]) -> list[dict[str, Any]]:
    """Spans within a prediction, one a generated token."""
    return [{"name": TOKEN, "level": TOKEN, "start_ns": begin, "end_ns": end} for begin, end in rows]


def begun_and_ended(names: Sequence[str], times: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    """Spans inside one «predict»: of each model, and of what is between two of them."""
    found = []
    for number, (name, (begin, end)) in enumerate(zip(names, times)):  # noqa: B905  (Python 3.9)
        if number:
            found.append(_span("predict.between", times[number - 1][1], begin))
        found.append(_span(f"predict.{name}", begin, end))
    return found


def _span(name: str, begin: int, end: int) -> dict[str, Any]:
    return {"name": name, "level": "stage", "start_ns": begin, "end_ns": end}
