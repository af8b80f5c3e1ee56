"""A result as files: the resolved specification, the lock, raw latencies and predictions, the environment.

In: a `Result` and a folder. These are what a run in MLflow holds and what someone else needs to check a number.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from tasks.results.measurement import Result
from tasks.results.process import Process


def write_files(result: Result, folder: Path) -> None:
    """Write every raw file of a result into ``folder``."""
    evaluation = json.loads(result.evaluation.model_dump_json())
    (folder / "evaluation.yaml").write_text(yaml.safe_dump(evaluation, sort_keys=False, allow_unicode=True))
    (folder / "lock.txt").write_text(
        "".join(f"{name}=={version}\n" for name, version in sorted(_installed(result).items()))
    )
    (folder / "environment.json").write_text(json.dumps([_facts(p) for p in result.measurement.processes], indent=1))
    _write_table([p for p in result.measurement.processes if p.role == "timed"], "latencies", folder)
    _write_table([p for p in result.measurement.processes if p.role == "accuracy"], "predictions", folder)
    for process in result.measurement.processes:
        for name, text in process.files.items():
            (folder / f"{process.role}-{process.index}-{name}").write_text(text)
    spans = [{**s, "process": f"{p.role} {p.index}"} for p in result.measurement.processes for s in p.spans]
    if spans:
        pd.DataFrame(spans).to_parquet(folder / "spans.parquet", index=False)


def _write_table(processes: list[Process], name: str, folder: Path) -> None:
    tables = [getattr(p, name).assign(process=p.index) for p in processes if len(getattr(p, name))]
    if tables:
        pd.concat(tables, ignore_index=True).to_parquet(folder / f"{name}.parquet", index=False)


def _installed(result: Result) -> dict[str, str]:
    return dict(result.stack.get("installed", {}))


def _facts(process: Process) -> dict[str, Any]:
    return process.facts
