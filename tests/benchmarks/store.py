"""`python -m tests.benchmarks.store [--runs 10000]`: does a full store slow us down? → reports/store.md.

One run that was really measured and logged, with everything it holds, multiplied in the database with new ids, times,
and values, eight to a sweep, each sweep with its view; then what our driver does and what MLflow's UI shows, timed.
"""

import argparse
import json
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tasks import ROOT
from tasks.environment import processor
from tasks.results.recorded import read_result
from tasks.services import children
from tasks.tracking import runs, views
from tests.browser.page import Page, missing, window
from tests.services.test_keeper import until

FEW, CELLS, ROUNDS = 10, 8, 3
WORDS = ["-m", "+model=patchnet", "scenario=quick", "scenario.warmup_queries=1,2"]
CHANGED = {
    "run_uuid": ":new", "name": ":name", "artifact_uri": "replace(artifact_uri, :old, :new)",
    "start_time": "start_time + :by_ms", "end_time": "end_time + :by_ms", "timestamp": "timestamp + :by_ms",
}  # fmt: skip
COPIED = ("params", "metrics", "latest_metrics", "tags")
ROWS = ".ag-center-cols-container [role=row]"


def main() -> None:
    """Measure both stores, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    many = parser.parse_args().runs
    if said := missing():
        sys.exit(said)
    place = Path(tempfile.mkdtemp(prefix="touchstone-store-"))
    try:
        sweep = logged(f"sqlite:///{place / 'mlflow.db'}")
        found = {}
        for count in (FEW, many):
            multiply(place / "mlflow.db", sweep, count)
            found[count] = measured(place, sweep)
        write(found, sweep)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def logged(uri: str) -> dict[str, Any]:
    """The summary of a sweep of two, measured and logged into that store."""
    env = {**os.environ, "MLFLOW_TRACKING_URI": uri}
    command = [sys.executable, "-m", "flows.evaluate", *WORDS]
    said = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout
    found: dict[str, Any] = json.loads((ROOT / said.strip().splitlines()[-1]).read_text())
    return found


def multiply(database: Path, sweep: dict[str, Any], count: int) -> None:
    """Until the store holds ``count`` runs: copies of the sweep's first cell, in sweeps of eight with their views."""
    draw = random.Random(count)
    cell, parent = sweep["cells"][0]["mlflow"]["run_id"], sweep["mlflow"]["run_id"]
    with sqlite3.connect(database) as db:
        there = db.execute("SELECT count(*) FROM runs").fetchone()[0]
        hours = 0
        while there < count:
            hours += 1
            above = _copied(db, parent, hours, draw, sweep["run"])
            for _ in range(min(CELLS, count - there - 1)):
                _copied(db, cell, hours, draw, sweep["cells"][0]["run"], above)
            there = db.execute("SELECT count(*) FROM runs").fetchone()[0]
    db.close()


def _copied(
    db: sqlite3.Connection, run: str, hours: int, draw: random.Random, name: str, parent: str | None = None
) -> str:
    """One run more: the same rows under a new id, ``hours`` older, its metrics up to 10 % off; returns its id."""
    new = uuid.uuid4().hex
    named = f"{name.rpartition('-')[0]}-{new[:12]}"
    values = {"old": run, "new": new, "by_ms": -3_600_000 * hours, "times": draw.uniform(0.9, 1.1), "name": named}
    for table in ("runs", *COPIED):
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        changed = {**CHANGED, **({"value": "value * :times"} if table.endswith("metrics") else {})}
        into = ", ".join(f'"{c}"' for c in columns)
        taken = ", ".join(changed.get(c, f'"{c}"') for c in columns)
        db.execute(f"INSERT INTO {table} ({into}) SELECT {taken} FROM {table} WHERE run_uuid = :old", values)
    db.execute("UPDATE tags SET value = ? WHERE run_uuid = ? AND key = 'mlflow.runName'", (named, new))
    if parent:
        db.execute("UPDATE tags SET value = ? WHERE run_uuid = ? AND key = ?", (parent, new, runs.PARENT))
        data = "source_type, source_id, destination_type, :new, step FROM inputs WHERE destination_id = :old"
        db.execute(f"INSERT INTO inputs SELECT lower(hex(randomblob(16))), {data}", values)
    else:
        view = "SELECT ?, replace(value, ?, ?), experiment_id FROM experiment_tags WHERE key = ?"
        db.execute(f"INSERT INTO experiment_tags {view}", (views.VIEW + named, run, new, views.VIEW + name))
    return new


def measured(place: Path, sweep: dict[str, Any]) -> dict[str, float]:
    """What → seconds (the server's memory: MiB)."""
    uri = f"sqlite:///{place / 'mlflow.db'}"
    probe = [sys.executable, "-m", "tests.benchmarks.store_probe", uri, sweep["cells"][0]["folder"]]
    each = [
        json.loads(subprocess.run(probe, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout) for _ in range(ROUNDS)
    ]
    found = {name: statistics.median(one[name] for one in each) for name in each[0]}
    with server(place, uri) as (address, memory_mib):
        pages = {
            "MLflow's own runs page until it shows rows": f"#/experiments/{sweep['mlflow']['experiment_id']}/runs",
            "`make ui`'s page of every run until it shows rows": views.everything(_tracking(uri)),
            "a sweep's link until its cells are rows": views.page(sweep["mlflow"]["experiment_id"], sweep["run"]),
        }
        for name, page in pages.items():
            found[name] = statistics.median(_shown(place, f"{address}/{page}") for _ in range(ROUNDS))
        found["memory of the UI's server after that, MiB"] = memory_mib()
    return found


def _tracking(uri: str) -> Any:
    from flows import cli

    return cli.default().tracking.model_copy(update={"uri": uri})


def _shown(place: Path, url: str) -> float:
    """Seconds from the address to the first rows, in a fresh browser."""
    profile = Path(tempfile.mkdtemp(dir=place))
    with window(profile) as page:
        begin = time.monotonic()
        page.open(url)
        until(lambda: _rows(page), f"rows at {url}", 120)
        return time.monotonic() - begin


def _rows(page: Page) -> bool:
    return len(page.all(ROWS, "0.")) > 0 or len(page.all(ROWS)) > 1


@contextmanager
def server(place: Path, uri: str) -> Iterator[tuple[str, Callable[[], float]]]:
    """MLflow's UI over that store, as `make ui` starts it: its address, and a function for its memory in MiB."""
    kind, port = children.KINDS["mlflow"], children.free_port(0)
    os.environ["MLFLOW_TRACKING_URI"] = uri
    with (place / "server.log").open("w") as log:
        env = {**os.environ, **kind.env(port)}
        process = subprocess.Popen(kind.command(port), cwd=ROOT, env=env, stdout=log, stderr=log)
    mine = psutil.Process(process.pid)

    def memory_mib() -> float:
        return float(sum(p.memory_full_info().pss for p in [mine, *mine.children(recursive=True)])) / 2**20

    try:
        until(lambda: children.answers(f"{kind.address(port)}/health"), "MLflow answers", 120)
        yield kind.address(port), memory_mib
    finally:
        for one in [*mine.children(recursive=True), mine]:
            one.kill()
        process.wait()


def write(found: dict[int, dict[str, float]], sweep: dict[str, Any]) -> None:
    """reports/store.md."""
    few, many = found
    cell = read_result(ROOT / "reports" / sweep["cells"][0]["run"] / "summary.json")
    lines = [
        f"# A store of {many:,} runs",
        "",
        f"`python -m tests.benchmarks.store --runs {many}`: one run of {cell.evaluation.title}, really measured",
        "and logged, was multiplied in the SQLite database with its parameters, tags, metrics, and data set, under new",
        f"ids, times, and values, {CELLS} to a sweep, each sweep with its view. Medians of {ROUNDS}, each in a fresh",
        "process or a fresh browser.",
        f"{processor.model()}, {os.cpu_count()} logical CPUs.",
        "",
        f"| seconds (memory: MiB) | {few} runs | {many:,} runs |",
        "|---|---|---|",
        *(f"| {name} | {found[few][name]:.3g} | {found[many][name]:.3g} |" for name in found[few]),
    ]
    (ROOT / "reports" / "store.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines[7:]))


if __name__ == "__main__":
    main()
