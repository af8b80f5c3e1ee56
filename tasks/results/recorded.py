"""A result read back from its `summary.json`: everything but the raw tables, which stand beside it as Parquet."""

import json
from pathlib import Path
from typing import Any

from tasks.results.measurement import Budget, Check, Estimate, Finding, Result, Verdict
from tasks.specs.evaluation import Evaluation


def read_result(summary: Path) -> Result:
    """The result that this summary tells of. Raises OSError, ValueError, or KeyError for what is no summary."""
    return result_of(json.loads(summary.read_text()))


def result_of(data: dict[str, Any]) -> Result:
    """The same from plain data."""
    checks = tuple(Check(c["name"], c["passed"], c["sentence"], tuple(c["rows"])) for c in data["verdict"]["checks"])
    return Result(
        run=data["run"],
        evaluation=Evaluation.model_validate(data["evaluation"]),
        hashes=data["hashes"],
        started_at=data["started_at"],
        folder=Path(data["folder"]),
        placement=data["placement"],
        artifacts=data["artifacts"],
        stack=data["stack"],
        verdict=Verdict(checks),
        metrics={name: Estimate(**value) for name, value in data["metrics"].items()},
        findings=tuple(Finding(**f) for f in data["findings"]),
        budgets=tuple(_budget(b) for b in data.get("budgets", ())),
        steps_s=data["steps_s"],
        mlflow=data["mlflow"],
        failure=data["failure"],
        environment=data["environment"],
        detectable=data.get("detectable", {}),
        across={name: Estimate(**value) for name, value in data.get("across", {}).items()},
    )


def _budget(data: dict[str, Any]) -> Budget:
    return Budget(**{**data, "seen": Estimate(**data["seen"]) if data["seen"] else None})
