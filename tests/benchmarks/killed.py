"""`python -m tests.benchmarks.killed`: a sweep of 300 cells, killed twice, resumed twice → reports/killed.md.

Real models in real software. SIGKILL hits the driver and all that it started amid a cell, after a third of them and
after two thirds. Counted in MLflow in the end: complete measurements of each cell.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import psutil
from mlflow import MlflowClient

from tasks import ROOT
from tasks.environment import processor
from tests.benchmarks.agents import table, write

MODELS = "patchnet,espcn,byte_cnn,byte_fasttext,byte_lm"
SOFTWARE = "onnxruntime,openvino"
PLACE = ROOT / ".touchstone" / "benchmarks" / "killed"
BROKEN_OFF = "The driver ended before the measurement was complete."
CLI = [sys.executable, "-m", "flows.evaluate"]


def asked(seeds: int) -> list[str]:
    """The words of the sweep."""
    return [
        "-m",
        f"+model={MODELS}",
        f"software={SOFTWARE}",
        "scenario=quick",
        "scenario.min_duration_s=0.3",
        "scenario.accuracy_samples=100",
        f"scenario.seed=range({seeds})",
        "tracking.experiment=killed",
        f"tracking.uri=sqlite:///{PLACE / 'mlflow.db'}",
    ]


def driven(words: list[str], until: int | None) -> None:
    """A driver, which is killed, with all of its own, amid cell ``until``. Whether cells pass is not asked."""
    run = subprocess.Popen([*CLI, *words], cwd=ROOT, stderr=-1, stdout=-3, text=True, start_new_session=True)
    assert run.stderr
    for line in run.stderr:
        number = re.search(r" (\d+) of \d+: (?!.*finished in)", line)
        if until and number and int(number[1]) >= until:
            time.sleep(1.5)  # amid a cell
            for process in [*psutil.Process(run.pid).children(recursive=True), psutil.Process(run.pid)]:
                os.kill(process.pid, signal.SIGKILL)
            break
    run.wait()


def counted(parent: str) -> tuple[Counter[str], int]:
    """Runs of each evaluation, by its hash, that were measured to the end; and those that were broken off."""
    client = MlflowClient(f"sqlite:///{PLACE / 'mlflow.db'}")
    found, broken, page = Counter[str](), 0, None
    while page != "":
        got = client.search_runs(["1"], f"tags.`mlflow.parentRunId` = '{parent}'", max_results=1000, page_token=page)
        for run in got:
            if BROKEN_OFF in run.data.tags.get("mlflow.note.content", ""):
                broken += 1
            else:
                found[run.data.tags["hash.evaluation"]] += 1
        page = got.token or ""
    return found, broken


def main() -> None:
    """Kill twice, resume twice, count, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=30, help="cells are ten times as many")
    seeds = parser.parse_args().seeds
    cells = seeds * len(MODELS.split(",")) * len(SOFTWARE.split(","))
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    sweeps = set((ROOT / "reports").glob("sweep-*"))
    rows: list[list[Any]] = []
    words = asked(seeds)
    for kill in (cells // 3, 2 * cells // 3, None):
        driven(words, kill)
        (folder,) = set((ROOT / "reports").glob("sweep-*")) - sweeps
        summary = json.loads((folder / "summary.json").read_text())
        found, broken = counted(summary["mlflow"]["run_id"])
        rows.append([f"killed amid cell {kill}" if kill else "to its end", sum(found.values()), broken])
        print(rows[-1], flush=True)
        words = [f"resume={folder.name}"]
    told(seeds, rows, found, summary["cells"])
    for cell in summary["cells"]:
        shutil.rmtree(ROOT / "reports" / cell["run"], ignore_errors=True)
    shutil.rmtree(folder)
    shutil.rmtree(PLACE)


def told(seeds: int, rows: list[list[Any]], found: Counter[str], cells: list[dict[str, Any]]) -> None:
    """Write the report: ``found`` are complete measurements of each evaluation, ``cells`` those of the sweep."""
    every, twice = {cell["hashes"]["evaluation"] for cell in cells}, sum(n > 1 for n in found.values())
    lines = [
        "# A sweep that is killed twice",
        "",
        f"`python -m tests.benchmarks.killed`: {len(cells)} cells, `python -m",
    ]
    lines += [f"flows.evaluate {' '.join(asked(seeds)[:-2])}`,", "and twice `resume=<sweep>`.", f"{processor.model()}."]
    lines += [
        "",
        *table(["driver", "cells complete in MLflow", "broken off there"], [[str(x) for x in row] for row in rows]),
        "",
    ]
    lines += [
        f"Cells of the sweep's report: {len(cells)}, of {len(every)} evaluations. Without a complete measurement:"
    ]
    lines += [f"{len(every - set(found))}. Measured to the end more than once: {twice}."]
    write("killed.md", lines)


if __name__ == "__main__":
    main()
