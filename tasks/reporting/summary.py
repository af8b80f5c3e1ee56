"""summary.json: one result, or the cells of a sweep, as plain data for scripts.

Written whole or not at all; what JSON cannot hold (NaN, infinity) becomes null.
"""

import json
import math
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tasks.reporting.words import environment, simulated, title
from tasks.results.measurement import Result, Sweep


def summary(result: Result | Sweep) -> dict[str, Any]:
    """Plain data: a Result with everything but its raw tables, or a Sweep with one summary a cell."""
    if isinstance(result, Sweep):
        cells = [summary(cell) for cell in result.cells]
        state = {"passed": result.passed, "finished": len(cells) == result.expected}
        whole = {"run": result.run, **state, "mlflow": result.mlflow, "asked": result.asked, "cells": cells}
    else:
        whole = _of_result(result)
    plain: dict[str, Any] = jsonable(whole)
    return plain


def _of_result(result: Result) -> dict[str, Any]:
    checks = [asdict(check) for check in result.verdict.checks]
    return {
        "run": result.run,
        "title": title(result),
        "simulated": simulated(result),
        "started_at": result.started_at,
        "folder": result.folder,
        "passed": result.passed,
        "failure": result.failure,
        "evaluation": result.evaluation.model_dump(mode="json"),
        "hashes": result.hashes,
        "metrics": {name: asdict(estimate) for name, estimate in result.metrics.items()},
        "detectable": result.detectable,
        "across": {name: asdict(estimate) for name, estimate in result.across.items()},
        "verdict": {"passed": result.verdict.passed, "checks": checks},
        "findings": [asdict(finding) for finding in result.findings],
        "budgets": [asdict(budget) for budget in result.budgets],
        "expected": result.expected if result.budgets else None,
        "environment": environment(result),
        "placement": result.placement,
        "artifacts": result.artifacts,
        "stack": result.stack,
        "steps_s": result.steps_s,
        "mlflow": result.mlflow,
    }


def jsonable(value: Any) -> Any:
    """The same value from JSON's types only."""
    if isinstance(value, dict):
        return {str(k): jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [jsonable(v) for v in value]
    if isinstance(value, np.generic):
        return jsonable(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | bool | None) else str(value)


def write_json(path: Path, value: Any) -> None:
    """Replace the file in one step; a reader never sees half of it, and a failure leaves the old one."""
    write_text(path, json.dumps(jsonable(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """As `write_json`, for any text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(partial).chmod(0o644)  # mkstemp's 0600 would hide the report from a team's web server
        os.replace(partial, path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
