"""Builders with defaults: a result that looks like a real one, and a sweep."""

from pathlib import Path
from typing import Any

import numpy as np

from tasks.metrics import compute_all
from tasks.results.measurement import Check, Finding, Measurement, Result, Sweep, Verdict
from tasks.specs.evaluation import Evaluation
from tests.builders import specification
from tests.metrics.builders import judged, measurement, timed


def measured(queries: int = 400, processes: int = 3, seed: int = 0) -> Measurement:
    """Skewed latencies with a slow start, and nine in ten right."""
    rng = np.random.default_rng(seed)
    each = [
        timed(20 + rng.gamma(4, 0.4 + 0.05 * k, queries) + 12 * (np.arange(queries) < 4), k, warmup=8)
        for k in range(processes)
    ]
    groups = [f"tile {i // 6}" for i in range(300)]
    return measurement(judged(rng.random(300) < 0.9, groups=groups), *each)


def result(folder: Path = Path("reports/r1"), measurement: Measurement | None = None, **fields: Any) -> Result:
    """A finished evaluation with a finding and a failed check."""
    seen = measured() if measurement is None else measurement
    checks = Check("latencies", True, "400 rows"), Check("agreement", False, "<b>30 of 32</b> agree", ({"sample": 7},))
    given: dict[str, Any] = {
        "run": "r1", "evaluation": Evaluation.model_validate(specification(scenario__repetitions=3)),
        "hashes": {"model": "ab"}, "started_at": "2026-11-22 17:00", "folder": folder, "measurement": seen,
        "verdict": Verdict(checks), "metrics": compute_all(seen),
        "findings": (Finding("few", "warning", "Few samples.", "Raise min_queries."),),
        "steps_s": {"fetch": 0.4, "measure": 21.0}, "mlflow": {"uri": "sqlite:///mlflow.db", "run_id": "0a1b"},
    }  # fmt: skip
    return Result(**{**given, **fields})


def sweep(folder: Path, cells: int = 2) -> Sweep:
    """Cells in folders beside the sweep's."""
    return Sweep("s1", folder / "s1", tuple(result(folder / f"r{i}", run=f"r{i}") for i in range(cells)))
