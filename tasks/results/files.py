"""A result as files: the resolved specification, the lock, raw latencies and predictions, the environment; and back.

In: a `Result` and a folder. These are what a run in MLflow holds and what someone else needs to check a number.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from tasks.results.measurement import Result
from tasks.results.process import Process

ROLES = {"latencies": "timed", "predictions": "accuracy"}  # whose table each file holds


def write_files(result: Result, folder: Path) -> None:
    """Write every raw file of a result into ``folder``."""
    evaluation = json.loads(result.evaluation.model_dump_json())
    (folder / "evaluation.yaml").write_text(yaml.safe_dump(evaluation, sort_keys=False, allow_unicode=True))
    (folder / "lock.txt").write_text(
        "".join(f"{name}=={version}\n" for name, version in sorted(_installed(result).items()))
    )
    (folder / "environment.json").write_text(json.dumps([_facts(p) for p in result.measurement.processes], indent=1))
    for name, role in ROLES.items():
        _write_table([p for p in result.measurement.processes if p.role == role], name, folder)
    for process in result.measurement.processes:
        for name, text in process.files.items():
            (folder / f"{process.role}-{process.index}-{name}").write_text(text)
    spans = [{**s, "process": f"{p.role} {p.index}"} for p in result.measurement.processes for s in p.spans]
    if spans:
        pd.DataFrame(spans).to_parquet(folder / "spans.parquet", index=False)


def read_processes(folder: Path) -> tuple[Process, ...]:
    """The agents that a result's folder tells of, without spans. Raises OSError or ValueError for what is none."""
    facts = json.loads((folder / "environment.json").read_text())
    tables = {name: _read_table(folder / f"{name}.parquet") for name in ROLES}
    own = [{name: _of(table, f, ROLES[name]) for name, table in tables.items()} for f in facts]
    return tuple(
        Process(f["role"], f["index"], f, t["latencies"], t["predictions"], pd.DataFrame())
        for f, t in zip(facts, own, strict=True)
    )


def _read_table(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path) if path.exists() else pd.DataFrame()


def _of(table: pd.DataFrame, facts: dict[str, Any], role: str) -> pd.DataFrame:
    """The rows of one process."""
    if role != facts["role"] or not len(table):
        return pd.DataFrame()
    rows: pd.DataFrame = table[table["process"] == facts["index"]]
    return rows.drop(columns="process").reset_index(drop=True)


def _write_table(processes: list[Process], name: str, folder: Path) -> None:
    tables = [getattr(p, name).assign(process=p.index) for p in processes if len(getattr(p, name))]
    if tables:
        pd.concat(tables, ignore_index=True).to_parquet(folder / f"{name}.parquet", index=False)


def _installed(result: Result) -> dict[str, str]:
    return dict(result.stack.get("installed", {}))


def _facts(process: Process) -> dict[str, Any]:
    return process.facts
