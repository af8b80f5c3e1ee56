"""Builders with defaults: processes and measurements as the agent leaves them, without running one."""

from typing import Any

import numpy as np
import pandas as pd

from tasks.results.measurement import Measurement
from tasks.results.process import Process, Role

HOST = {"hostname": "bench", "system": "Debian 12", "cpu": {"model": "Testor 9000", "cores": 2}}
FACTS: dict[str, Any] = {
    "load_s": 0.5, "first_prediction_s": 0.02, "memory_peak_bytes": 300 * 2**20, "harness_per_query_us": 0.5,
    "page_cache_share": 1.0, "samples_seen": 100, "undecodable": [], "host": HOST, "process": {"python": "3.11.7"},
    "effective": {"intra_threads": 1},
}  # fmt: skip


def process(
    role: Role = "timed", index: int = 0, tables: dict[str, pd.DataFrame] | None = None, **facts: Any
) -> Process:
    """A process without tables but those given."""
    found: dict[str, Any] = {name: pd.DataFrame() for name in ("latencies", "predictions", "inputs")} | (tables or {})
    return Process(role=role, index=index, facts={**FACTS, "role": role, "index": index, **facts}, **found)


def latencies(
    predict_ms: Any, warmup: int = 0, samples: int = 1, other_ms: float = 0.5, gap_ms: float = 0.0
) -> pd.DataFrame:
    """One query after another; ``other_ms`` each for pre- and post-processing, the first ``warmup`` do not count."""
    predict = (np.asarray(predict_ms) * 1e6).astype(np.int64)
    other, gap, n = int(other_ms * 1e6), int(gap_ms * 1e6), len(predict)
    starts = np.concatenate([[0], np.cumsum(predict + 2 * other + gap)[:-1]])
    return pd.DataFrame({
        "query": np.arange(n), "warmup": np.arange(n) < warmup, "samples": samples, "start_ns": starts - starts[warmup],
        "preprocess_ns": other, "predict_ns": predict, "postprocess_ns": other,
    })  # fmt: skip


def predictions(right: Any, classes: int = 3, groups: Any = None, top5: Any = None) -> pd.DataFrame:
    """One sample an entry of ``right``; a wrong answer is the next class."""
    right = np.asarray(right, dtype=bool)
    labels = np.arange(len(right)) % classes
    table = pd.DataFrame({
        "sample": np.arange(len(right)), "file": [f"{i:03}.png" for i in range(len(right))],
        "group": groups if groups is not None else [""] * len(right), "label": labels,
        "predicted": np.where(right, labels, (labels + 1) % classes),
        "score": np.linspace(0.5, 0.9, len(right)), "finite": True,
    })  # fmt: skip
    return table if top5 is None else table.assign(top5=top5)


def timed(predict_ms: Any, index: int = 0, facts: dict[str, Any] | None = None, **of_latencies: Any) -> Process:
    """A timed process with these latencies."""
    return process("timed", index, {"latencies": latencies(predict_ms, **of_latencies)}, **(facts or {}))


def judged(right: Any, facts: dict[str, Any] | None = None, **of_predictions: Any) -> Process:
    """An accuracy process with these answers."""
    return process("accuracy", 0, {"predictions": predictions(right, **of_predictions)}, **(facts or {}))


def measurement(*processes: Process) -> Measurement:
    """These, in order."""
    return Measurement(processes)
