"""From a scenario's parts to the table of latencies: one row a query, in the order the queries were begun.

In: a `Log`. Out: columns, as `tasks/results/process.py` describes them, and facts. Knows no predictor.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from tasks.errors import TouchstoneError
from tasks.scenarios.base import CLOSED, OPEN, Log, Part


def nothing_more(part: Part, at: dict[str, Any]) -> dict[str, Any]:
    """The further columns of a model that is no pipeline."""
    return {}


def latencies(log: Log, more: Callable[[Part, dict[str, Any]], dict[str, Any]] = nothing_more) -> dict[str, Any]:
    """Columns in ns since the first timed query; those that are 0 or alike in every row are left out.

    What the predictor tells of each query stands beside them as it is. ``more``: further columns of a part, from its
    readings.
    """
    tables = [
        {**_table(part), **_tokens(part), **_published(part, log.publishes), **more(part, readings_of(part))}
        for part in log.parts
        if len(part)
    ]
    origin = min(t["start_ns"].min() for t in tables if not t["warmup"][0])
    whole = {name: np.concatenate([t[name] for t in tables]) for name in tables[0]}
    whole["start_ns"] -= origin
    order = np.lexsort((whole["start_ns"], ~whole["warmup"]))
    whole = {name: column[order] for name, column in whole.items()}
    optional = {"queue_ns", "issue_error_ns", "waiting_ns", "point"}
    kept = {name: column for name, column in whole.items() if name not in optional or column.any()}
    return {"query": np.arange(len(whole["start_ns"])), **kept}


def readings_of(part: Part) -> dict[str, Any]:
    """name → one int64 a query."""
    rows = np.frombuffer(part.readings, dtype=np.int64).reshape(-1, len(part.names))
    return dict(zip(part.names, rows.T))  # noqa: B905  (strict= is newer than Python 3.9)


def _published(part: Part, names: tuple[str, ...]) -> dict[str, Any]:
    """name → one int64 a query."""
    if names and len(part.published) != len(part):
        raise TouchstoneError(f"The predictor told of {len(part.published)} predictions, and {len(part)} were timed.")
    rows = np.array(part.published, dtype=np.int64).reshape(len(part), len(names))
    return dict(zip(names, rows.T))  # noqa: B905  (strict= is newer than Python 3.9)


def _table(part: Part) -> dict[str, Any]:
    at, n = readings_of(part), len(part)
    begin2, begin3 = at.get("begin2", at["t1"]), at.get("begin3", at["t2"])
    zeros = np.zeros(n, dtype=np.int64)
    open_loop = part.names == OPEN
    return {
        "warmup": np.full(n, part.warm),
        "point": np.full(n, part.point),
        "samples": np.full(n, part.samples),
        "start_ns": at["t0"].copy(),
        "preprocess_ns": at["t1"] - at["t0"],
        "predict_ns": at["t2"] - begin2,
        "postprocess_ns": at["t3"] - begin3,
        "waiting_ns": (begin2 - at["t1"]) + (begin3 - at["t2"]),
        "queue_ns": at["t0"] - at["scheduled"] if open_loop else zeros,
        "issue_error_ns": at["issued"] - at["scheduled"] if open_loop else zeros,
    }


def harness_us(log: Log, service_ns: int | None) -> float | None:
    """Mean wall time a query that is in no stage; where a model only takes time, all that is not its own time.

    None where queries overlap or wait for their arrival: the wall time is not the harness's then.
    """
    parts = [p for p in log.parts if len(p) and not p.warm]
    if any(p.names != CLOSED for p in parts) or log.facts.get("clients"):
        return None
    spent = 0
    for part in parts:
        at = readings_of(part)
        inside = (at["t3"] - at["t0"]).sum() if service_ns is None else service_ns * len(part)
        spent += int(at["t3"][-1] - at["t0"][0] - inside)
    return spent / 1e3 / sum(map(len, parts))


def _tokens(part: Part) -> dict[str, Any]:
    """Of tokens that a scenario has generated, what a predictor tells of those that it streams."""
    if "token0" not in part.names:
        return {}
    begin, ends = readings_of(part)["t1"], _ends(part)
    return {
        "first_token_ns": ends[:, 0] - begin,
        "last_token_ns": ends[:, -1] - begin,
        "pause_ns": np.diff(ends, axis=1).max(axis=1),
        "output_tokens": np.full(len(part), ends.shape[1]),
    }


def _ends(part: Part) -> Any:
    """When each token was there: (queries, tokens)."""
    at = readings_of(part)
    return np.stack([at[name] for name in part.names if name.startswith("token")], axis=1)


def tokens(log: Log) -> list[tuple[int, int]]:
    """(begin, end) of each token that a timed query generated, for spans."""
    rows: list[tuple[int, int]] = []
    for part in log.parts:
        if len(part) and not part.warm and "token0" in part.names:
            ends = _ends(part)
            begins = np.concatenate([readings_of(part)["t1"][:, None], ends[:, :-1]], axis=1)
            rows += [(int(a), int(b)) for a, b in zip(begins.ravel(), ends.ravel())]  # noqa: B905  (Python 3.9)
    return rows


def stages(log: Log) -> list[tuple[int, ...]]:
    """(begin, end) of the three stages of each timed query, for spans."""
    rows: list[tuple[int, ...]] = []
    for part in log.parts:
        if len(part) and not part.warm:
            at = readings_of(part)
            bounds = (at["t0"], at["t1"], at.get("begin2", at["t1"]), at["t2"], at.get("begin3", at["t2"]), at["t3"])
            rows += [tuple(row) for row in np.stack(bounds, axis=1).tolist()]
    return rows
