"""`python -m tests.benchmarks.sweep`: a model on ten software stacks, on a fresh machine and again → reports/sweep.md.

A fresh clone and a home folder of its own (no caches), as in `newcomer`: everything is downloaded, built, and measured.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tasks import ROOT
from tasks.environment import processor
from tests.benchmarks.newcomer import Newcomer

STACKS = "onnxruntime,onnxruntime_1_20,openvino,openvino_2024,tensorflow,tensorflow_2_16,pytorch,mxnet,litert,jax"
WORDS = ["-m", "+model=resnet50", f"software={STACKS}", "scenario=quick"]


def main() -> None:
    """Measure, and write the tables."""
    place = Path(tempfile.mkdtemp(prefix="touchstone-sweep-"))
    new = Newcomer(place)
    try:
        python = str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}")
        command = ["make", f"PYTHON={python}", "evaluate", f"ARGS={' '.join(WORDS)}"]
        runs = []
        for what in ("on a fresh machine", "again"):
            seconds, out, _ = new.run(*command)
            cells = json.loads((new.clone / out.strip().splitlines()[-1]).read_text())["cells"]
            runs.append(cells)
            new.tell(what, f"{seconds:.0f} s, of them {_spent(cells)}")
        _write(new.rows, runs)
    finally:
        new.end()
        shutil.rmtree(place, ignore_errors=True)


def _spent(cells: list[dict[str, Any]]) -> str:
    """Where the seconds went."""
    steps = {name: sum(cell["steps_s"].get(name, 0.0) for cell in cells) for name in cells[0]["steps_s"]}
    return ", ".join(f"{name} {seconds:.0f}" for name, seconds in steps.items() if seconds >= 1)


def _write(rows: list[tuple[str, str]], runs: list[list[dict[str, Any]]]) -> None:
    lines = [
        "# One model on ten software stacks",
        "",
        f"`python -m tests.benchmarks.sweep`: `python -m flows.evaluate {' '.join(WORDS)}`",
        "by `make evaluate` in a fresh clone with an empty home folder.",
        f"{processor.model()}, {os.cpu_count()} logical CPUs.",
        "",
        f"| sweep of {len(runs[0])} | seconds |",
        "|---|---|",
        *(f"| {what} | {found} |" for what, found in rows),
        "",
        "| model | software | top-1 | predict p50, first sweep | again |",
        "|---|---|---|---|---|",
    ]
    for first, again in zip(*runs, strict=True):
        accuracy = first["metrics"]["accuracy_top1"]["value"]
        each = " | ".join(_p50(cell) for cell in (first, again))
        spec = first["evaluation"]
        lines.append(f"| {spec['model']['id']} | {spec['software']['id']} | {accuracy:.1%} | {each} |")
    (ROOT / "reports" / "sweep.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines[5:]))


def _p50(cell: dict[str, Any]) -> str:
    found = cell["metrics"]["predict_p50_ms"]
    inside = f" ({found['low']:.4g} to {found['high']:.4g})" if found["low"] is not None else ""
    return f"{found['value']:.4g} ms{inside}" if found["value"] is not None else found["note"]


if __name__ == "__main__":
    main()
