"""`python -m tests.benchmarks.queries [--runs 10000]`: how long does a full store take to answer? → reports/queries.md.

Eight runs are logged, the first multiplied in the database as `tests/benchmarks/store.py` does; every command runs in a
fresh process, and is timed from outside.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tasks import ROOT
from tasks.environment import processor
from tasks.render import render_sweep
from tasks.results.measurement import Result
from tasks.tracking import runs
from tasks.watch import watch
from tests.benchmarks.store import multiply
from tests.recorded_builder import logged, seen, uri
from tests.reporting import builders

NUMBERS = {
    "accuracy_top1": 0.9, "accuracy_top5": 1.0, "predict_trimmed_mean_ms": 9.0, "predict_p50_ms": 10.0,
    "predict_p90_ms": 12.0, "predict_p99_ms": 15.0, "end_to_end_trimmed_mean_ms": 11.0, "end_to_end_p50_ms": 11.0,
    "end_to_end_p90_ms": 13.0, "end_to_end_p99_ms": 20.0, "throughput_per_s": 90.0, "load_s": 0.2,
    "memory_peak_bytes": 2.0**27,
}  # fmt: skip
ROUNDS, HISTORY, CELLS = 3, 8, 200
STORE = "tracking.experiment=tests"
FRAME = "from flows.results import frame; assert len(frame(words=['tracking.experiment=tests'])) > {least}"


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="touchstone-queries-") as folder:
        place = Path(folder)
        first = filled(place, given.runs)
        found = {name: _median(command, place, given.rounds) for name, command in commands(first, given.runs).items()}
        found["the watch at the end of an evaluation, within its process"] = watched(place, given.rounds)
        found[f"the report of a sweep of {CELLS}, within its process"] = drawn(place, given.rounds)
        write(found, given.runs, given.rounds)


def filled(place: Path, count: int) -> Result:
    """A store of so many runs; returns the first of a history of eight."""
    made = [logged(place, f"nightly-{i}", NUMBERS, days=i) for i in range(HISTORY)]
    sweep = made[0].evaluation.tracking
    parent = runs.start_parent(sweep, "sweep-1", 1)
    cell = logged(place, "tiny-0", NUMBERS, scenario__seed=7)
    data: Any = {"run": "sweep-1", "mlflow": parent, "cells": [{"run": "tiny-0", "mlflow": cell.mlflow}]}
    multiply(place / "mlflow.db", data, count)
    return made[0]


def commands(first: Result, count: int) -> dict[str, list[str]]:
    """What is asked → its command."""
    results, advise = ["-m", "flows.results", STORE], ["-m", "flows.advise", STORE]
    return {
        "a table by model and software, three metrics": [*results],
        "one metric of every run since a date": [*results, "metric=end_to_end_p99_ms", "runs=all", "since=2026-01-03"],
        "the history of one evaluation": [*results, f"history={first.run}"],
        "advice": [*advise, "limit=p99<50ms", "floor=accuracy_top1>0.7@colors", "seed=7"],
        "`flows.results.frame()`: everything, all metrics": ["-c", FRAME.format(least=count // 2)],
    }


def _median(command: list[str], place: Path, rounds: int) -> float:
    env = {**os.environ, "MLFLOW_TRACKING_URI": uri(place)}
    took = []
    for _ in range(rounds):
        begin = time.monotonic()
        subprocess.run([sys.executable, *command], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, check=True)
        took.append(time.monotonic() - begin)
    return statistics.median(took)


def watched(place: Path, rounds: int) -> float:
    """Seconds of the comparison with the history, the second time on, as in a driver that has logged."""
    now = seen(place / "reports", "now", NUMBERS, days=HISTORY, tracking__uri=uri(place))
    took = []
    for _ in range(rounds + 1):
        begin = time.monotonic()
        assert watch.fn(now, ()) == ((), {})
        took.append(time.monotonic() - begin)
    return statistics.median(took[1:])


def drawn(place: Path, rounds: int) -> float:
    """Seconds until the page and the summary of a sweep are written."""
    sweep = builders.sweep(place / "reports", CELLS)
    sweep.folder.mkdir(parents=True)
    took = []
    for _ in range(rounds):
        begin = time.monotonic()
        render_sweep.fn(sweep)
        took.append(time.monotonic() - begin)
    return statistics.median(took)


def write(found: dict[str, float], count: int, rounds: int) -> None:
    """reports/queries.md."""
    lines = [
        f"# Questions to a store of {count:,} runs",
        "",
        f"`python -m tests.benchmarks.queries --runs {count} --rounds {rounds}`: eight runs were logged and one more",
        f"multiplied in the SQLite database. Each command in a fresh process, medians of {rounds}.",
        f"{processor.model()}, {os.cpu_count()} logical CPUs.",
        "",
        "| asked | seconds |",
        "|---|---|",
        *(f"| {name} | {seconds:.3g} |" for name, seconds in found.items()),
    ]
    (ROOT / "reports" / "queries.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines[6:]))


if __name__ == "__main__":
    main()
