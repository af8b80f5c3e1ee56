"""Recorded runs in a real SQLite MLflow store, with chosen numbers and nothing measured."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tasks.log import log
from tasks.metrics import all_metrics
from tasks.results.measurement import Estimate, Result
from tasks.results.process import Process
from tests.results_builder import result, timed

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def estimate(name: str, value: float, spread: float = 0.02) -> Estimate:
    """With an interval of ± ``spread`` of it, over three processes; none at 0."""
    low, high = (value * (1 - spread), value * (1 + spread)) if spread else (None, None)
    return Estimate(value, all_metrics()[name].unit, low, high, 100, 3)


def seen(
    folder: Path, run: str, numbers: dict[str, float], days: float = 0, spread: float = 0.02, host: str = "here",
    processes: tuple[Process, ...] = (), **changes: Any,
) -> Result:  # fmt: skip
    """A result of that name, ``days`` after the first, whose metrics are these ``numbers``."""
    processes = processes or (timed(effective={"framework": "onnxruntime", "version": "1.31.1", "device": "cpu"}),)
    made = result(folder / run, *processes, **{"scenario__repetitions": 3, **changes})
    made.folder.mkdir(parents=True, exist_ok=True)
    return made.with_(
        run=run, placement={"host": host}, started_at=(BEGAN + timedelta(days=days)).isoformat(timespec="seconds"),
        metrics={name: estimate(name, value, spread) for name, value in numbers.items()},
    )  # fmt: skip


def logged(store: Path, run: str, numbers: dict[str, float], **given: Any) -> Result:
    """The same, logged into the store in that folder."""
    made = seen(store / "reports", run, numbers, **{"tracking__uri": uri(store), **given})
    return made.with_(mlflow=log.fn(made, None))


def uri(store: Path) -> str:
    """Of the database in that folder."""
    return f"sqlite:///{store / 'mlflow.db'}"
