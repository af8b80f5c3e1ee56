"""What one agent process left behind, read back from its result folder.

In: a result folder (`process.json` and .npz tables, written by `tasks/agent/folder.py`). Out: frozen raw values.
Columns, one row a query: query, warmup, samples, start_ns, preprocess_ns, predict_ns, postprocess_ns (start_ns since
the first timed query); where queries arrive by a schedule, queue_ns (from the scheduled arrival to the start) and
issue_error_ns (from the scheduled arrival to the issuer's word); where stages overlap, waiting_ns (between them); where
a scenario has several rates or batch sizes, point (an index into facts["points"]). Where tokens are generated or
streamed, first_token_ns and last_token_ns (since `predict` was called), pause_ns (the longest between two),
output_tokens, and prompt_tokens (0 where the server does not say). Of each model of a pipeline predict.<stage>_ns,
parts of predict_ns, predict.between_ns, the rest of it, and items.<stage>, what it was given.
One row a sample: sample, file, group, label, predicted, score, finite (label and predicted are class indices, score the
model's own value for the predicted class); of other modalities what their `columns` say (`tasks/modalities`). Inputs,
one row a sample and channel: sample, channel, shape, dtype, low, high, mean, std.
Agreement (synthetic inputs), one row an output: output, elements, finite, spread, error, std
(`tasks/agent/agreement.py`).
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
    files: dict[str, str] = field(repr=False, default_factory=dict)
    agreement: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)

    @property
    def timed(self) -> pd.DataFrame:
        """The queries that count: without warm-up, and of the points that the result is about."""
        every = self.every_point
        return every[every["point"].isin(self.facts["headline"])] if "point" in every else every

    @property
    def every_point(self) -> pd.DataFrame:
        """The queries without warm-up, of all rates or batch sizes."""
        return self.latencies[~self.latencies["warmup"]] if len(self.latencies) else self.latencies

    @property
    def points(self) -> list[tuple[dict[str, Any], pd.DataFrame]]:
        """Each rate or batch size with its queries, in the order they were measured; [] in scenarios without."""
        every, described = self.every_point, self.facts.get("points") or []
        at = every["point"] if "point" in every else pd.Series(0, index=every.index)
        return [(point, every[at == i]) for i, point in enumerate(described)]

    @property
    def schedules(self) -> list[pd.DataFrame]:
        """The timed queries, one table a schedule: a process that searched for its peak ran several."""
        timed = self.timed
        return [part for _, part in timed.groupby("point")] if "point" in timed else [timed]

    def latency_ns(self, boundary: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Latencies of the timed queries in ns.

        ``boundary`` is a stage, ``predict.<stage>`` of a pipeline, ``queue``, ``end_to_end`` for the sum of the stages,
        or ``response`` for both.
        """
        return latency_ns(self.timed, boundary)

    @property
    def wall_s(self) -> float:
        """From the first timed query's start to the last one's end, in seconds; the sum of it over several points."""
        timed = self.timed
        if "point" not in timed:
            return wall_s(timed)
        return sum(wall_s(part) for _, part in timed.groupby("point"))


def latency_ns(queries: pd.DataFrame, boundary: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """One latency a row; for the boundaries see `Process.latency_ns`."""
    within = {"end_to_end": STAGES, "response": ("queue", *STAGES)}.get(boundary, (boundary,))
    return queries[[f"{s}_ns" for s in within]].sum(axis=1).to_numpy(dtype=np.int64)


def stages_of(queries: pd.DataFrame) -> list[str]:
    """The models of a pipeline and what is between them, in order; [] of one model."""
    return [str(name)[len("predict.") : -len("_ns")] for name in queries if str(name).startswith("predict.")]


def wall_s(queries: pd.DataFrame) -> float:
    """From the first start to the last end, in seconds."""
    if not len(queries):
        return 0.0
    ends = queries["start_ns"] + latency_ns(queries, "end_to_end")
    ends = ends + queries["waiting_ns"] if "waiting_ns" in queries else ends
    return float(ends.max() - queries["start_ns"].min()) / 1e9


def read_process(folder: Path) -> Process:
    """The process whose agent wrote this result folder."""
    facts = json.loads((folder / "process.json").read_text())
    spans = json.loads((folder / "spans.json").read_text()) if (folder / "spans.json").exists() else []
    tables = {name: _table(folder / f"{name}.npz") for name in ("latencies", "predictions", "inputs", "agreement")}
    files = {path.name: path.read_text(errors="replace") for path in sorted(folder.glob("*.txt"))}
    return Process(role=facts["role"], index=facts["index"], facts=facts, spans=tuple(spans), files=files, **tables)


def _table(path: Path) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame()
    with np.load(path, allow_pickle=False) as arrays:
        return pd.DataFrame({name: arrays[name] for name in arrays.files})
