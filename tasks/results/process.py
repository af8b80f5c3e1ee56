"""What one agent process left behind, read back from its result folder.

In: a result folder (`process.json` and .npz tables, written by `tasks/agent/folder.py`). Out: frozen raw values.
Columns, one row a query: query, warmup, samples, start_ns, preprocess_ns, predict_ns, postprocess_ns (start_ns since
the first timed query). One row a sample: sample, file, group, label, predicted, score, finite (label and predicted are
class indices, score the model's own value for the predicted class). Inputs, one row a sample and channel: sample,
channel, shape, dtype, low, high, mean, std.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

Role = Literal["inputs", "accuracy", "timed"]
STAGES = ("preprocess", "predict", "postprocess")


@dataclass(frozen=True)
class Process:
    """One agent: facts (times in seconds, sizes in bytes, environment) and raw tables."""

    role: Role
    index: int
    facts: dict[str, Any]
    latencies: pd.DataFrame = field(repr=False)
    predictions: pd.DataFrame = field(repr=False)
    inputs: pd.DataFrame = field(repr=False)
    spans: tuple[dict[str, Any], ...] = field(repr=False, default=())

    @property
    def timed(self) -> pd.DataFrame:
        """The queries that count: without warm-up."""
        return self.latencies[~self.latencies["warmup"]] if len(self.latencies) else self.latencies

    def latency_ns(self, boundary: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Latencies of the timed queries in ns. ``boundary`` is a stage, or ``end_to_end`` for their sum."""
        stages = STAGES if boundary == "end_to_end" else (boundary,)
        return self.timed[[f"{s}_ns" for s in stages]].sum(axis=1).to_numpy(dtype=np.int64)

    @property
    def wall_s(self) -> float:
        """From the first timed query's start to the last one's end, in seconds."""
        timed = self.timed
        if not len(timed):
            return 0.0
        ends = timed["start_ns"] + timed["preprocess_ns"] + timed["predict_ns"] + timed["postprocess_ns"]
        return float(ends.max() - timed["start_ns"].min()) / 1e9


def read_process(folder: Path) -> Process:
    """The process whose agent wrote this result folder."""
    facts = json.loads((folder / "process.json").read_text())
    spans = json.loads((folder / "spans.json").read_text()) if (folder / "spans.json").exists() else []
    tables = {name: _table(folder / f"{name}.npz") for name in ("latencies", "predictions", "inputs")}
    return Process(role=facts["role"], index=facts["index"], facts=facts, spans=tuple(spans), **tables)


def _table(path: Path) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame()
    with np.load(path, allow_pickle=False) as arrays:
        return pd.DataFrame({name: arrays[name] for name in arrays.files})
