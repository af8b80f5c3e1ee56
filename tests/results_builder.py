"""A result with raw values of a known kind, without running anything."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tasks.results.measurement import Estimate, Measurement, Result
from tasks.results.process import Process
from tasks.specs.evaluation import Evaluation
from tests.builders import specification


def timed(index: int = 0, queries: int = 50, predict_ns: int = 1_000_000, **facts: Any) -> Process:
    """A timed process whose queries all take the same time."""
    start = np.arange(queries) * (predict_ns + 3000)
    latencies = pd.DataFrame(
        {
            "query": np.arange(queries),
            "warmup": False,
            "samples": 1,
            "start_ns": start,
            "preprocess_ns": 2000,
            "predict_ns": predict_ns,
            "postprocess_ns": 1000,
        }
    )
    known = {
        "role": "timed", "index": index, "threads": {"intra": 1, "inter": 1}, "cpus": [0], "page_cache_share": 1.0,
        "load_s": 0.1, "first_prediction_s": 0.01, "harness_per_query_us": 1.0, "memory_peak_bytes": 2**26,
        "process": {"clock": {"resolution_ns": 50}}, "counters": {}, "host": {}, "undecodable": [],
        "samples_seen": queries,
        "effective": {"framework": "onnxruntime"},
    }  # fmt: skip
    return Process("timed", index, {**known, **facts}, latencies, pd.DataFrame(), pd.DataFrame())


def accuracy(samples: int = 30, wrong: int = 3) -> Process:
    """An accuracy process with ``wrong`` mistakes."""
    label = np.arange(samples) % 3
    predicted = np.where(np.arange(samples) < wrong, (label + 1) % 3, label)
    table = pd.DataFrame(
        {
            "sample": np.arange(samples),
            "file": [f"{i}.png" for i in range(samples)],
            "group": [f"g{i // 2}" for i in range(samples)],
            "label": label,
            "predicted": predicted,
            "score": np.linspace(0.5, 0.9, samples),
            "finite": True,
        }
    )
    facts = {"role": "accuracy", "index": 0, "undecodable": [], "samples_seen": samples, "host": {}, "process": {}}
    return Process("accuracy", 0, facts, pd.DataFrame(), table, pd.DataFrame())


def result(folder: Path, *processes: Process, **changes: Any) -> Result:
    """A measured result."""
    evaluation = Evaluation.model_validate(specification(**changes))
    return Result(
        "tiny-run",
        evaluation,
        evaluation.hashes(),
        "2026-01-01T00:00:00+00:00",
        folder,
        measurement=Measurement(processes or (accuracy(), timed(0), timed(1))),
        metrics={"predict_p50_ms": Estimate(1.0, "ms", 0.9, 1.1, 100, 2)},
        stack={"key": "k", "installed": {"numpy": "2.4.6"}},
    )
