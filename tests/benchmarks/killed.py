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


def driven(words: list[str], until: int | None) -> tuple[str, float]:
    """What the driver said, and its seconds. It is killed, with all of its own, as cell ``until`` begins."""
    begin = time.monotonic()
    run = subprocess.Popen([*CLI, *words], cwd=ROOT, stderr=-1, stdout=-1, text=True, start_new_session=True)
    said = ""
    assert run.stderr and run.stdout
    for line in run.stderr:
        said += line
        number = re.search(r" (\d+) of \d+: (?!.*finished in)", line)
        if until and number and int(number[1]) >= until:
            time.sleep(1.5)  # amid a cell
            for process in [*psutil.Process(run.pid).children(recursive=True), psutil.Process(run.pid)]:
                os.kill(process.pid, signal.SIGKILL)
            break
    out = run.communicate()[0]
    if not until and run.returncode:
        raise SystemExit(said[-2000:])
    return out if not until else said, time.monotonic() - begin


def counted(parent: str) -> tuple[Counter[str], int]:
    """Complete runs of each evaluation, by its hash; and the runs that were broken off."""
    client = MlflowClient(f"sqlite:///{PLACE / 'mlflow.db'}")
    found, broken, page = Counter[str](), 0, None
    while page != "":
        got = client.search_runs(["1"], f"tags.`mlflow.parentRunId` = '{parent}'", max_results=1000, page_token=page)
        for run in got:
            if run.info.status == "FINISHED":
                found[run.data.tags["hash.evaluation"]] += 1
            else:
                broken += 1
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
        _, seconds = driven(words, kill)
        (folder,) = set((ROOT / "reports").glob("sweep-*")) - sweeps
        summary = json.loads((folder / "summary.json").read_text())
        found, broken = counted(summary["mlflow"]["run_id"])
        rows.append(
            [f"killed as cell {kill} began" if kill else "to its end", f"{seconds:.0f}", sum(found.values()), broken]
        )
        print(rows[-1], flush=True)
        words = [f"resume={folder.name}"]
    twice = sum(n > 1 for n in found.values())
    lines = ["# A sweep that is killed twice", "", f"`python -m tests.benchmarks.killed`: {cells} cells, `python -m"]
    lines += [
        f"flows.evaluate {' '.join(asked(seeds)[:-2])}`,",
        "and twice `resume=<sweep>`.",
        f"{processor.model()}.",
        "",
    ]
    lines += table(["driver", "seconds", "cells complete in MLflow", "broken off there"], rows)
    lines += [
        "",
        f"Cells without a complete measurement: {cells - len(found)}. Measured to the end more than once: {twice}.",
    ]
    lines += [f"In the sweep's report: {len(summary['cells'])}, {sum(c['passed'] for c in summary['cells'])} passed."]
    write("killed.md", lines)
    for cell in summary["cells"]:
        shutil.rmtree(ROOT / "reports" / cell["run"], ignore_errors=True)
    shutil.rmtree(folder)
    shutil.rmtree(PLACE)


if __name__ == "__main__":
    main()
