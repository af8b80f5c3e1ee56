"""Writing the result folder: `process.json`, `spans.json`, one .npz a table, and texts.

It appears whole or not at all.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

SCHEMA = 1


@dataclass
class Outcome:
    """What one role leaves: facts, spans, tables (name → column → values, one row an entry), and texts by file name."""

    facts: dict[str, Any]
    spans: list[dict[str, Any]] = field(default_factory=list)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def write_folder(out: Path, outcome: Outcome) -> None:
    """Write beside the target, then rename."""
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        (partial / "process.json").write_text(json.dumps({"schema": SCHEMA, **outcome.facts}))
        (partial / "spans.json").write_text(json.dumps(outcome.spans))
        for name, text in outcome.files.items():
            (partial / name).write_text(text)
        for name, columns in outcome.tables.items():
            _write_table(partial / f"{name}.npz", columns)
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_table(path: Path, columns: dict[str, Any]) -> None:
    """One array a column; `numpy.savez` itself has no room for a column called «file»."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, values in columns.items():
            with archive.open(f"{name}.npy", "w") as column:
                np.lib.format.write_array(column, np.asarray(values), allow_pickle=False)
