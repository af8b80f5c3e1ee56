"""`python -m tests.benchmarks.aside [--seconds 30]`: what works beside a timed part → reports/aside.md.

CPU time (user + system, read twice) of every process of ours outside the agent: driver, Prefect, Ray, keeper, while the
agent is timed and nothing else runs. A process is ours when it has our Prefect home in its environment.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

from tasks import ROOT
from tasks.services import settings

WORDS = ["+model=patchnet", "scenario.repetitions=1", "scenario.warmup_queries=1", "scenario.accuracy_samples=32"]
AGENT, SETTLE_S = "tasks.agent", 2.0


def measured(seconds: float) -> dict[str, float]:
    """What a process is → its per cent of a core."""
    words = [
        *WORDS,
        f"scenario.min_duration_s={seconds + 2 * SETTLE_S}",
        f"tracking.uri=sqlite:///{PLACE / 'mlflow.db'}",
    ]
    run = subprocess.Popen([sys.executable, "-m", "flows.evaluate", *words], cwd=ROOT, stdout=-1, stderr=-1, text=True)
    assert run.stderr and run.stdout
    assert any("timing" in line for line in run.stderr), "it was never timed"
    while not _agents() and run.poll() is None:
        time.sleep(0.05)
    time.sleep(SETTLE_S)
    before, begin = _spent(), time.monotonic()
    time.sleep(seconds)
    after, took = _spent(), time.monotonic() - begin
    assert _agents(), "the timed part ended first"
    out, err = run.communicate()
    assert run.returncode == 0, err
    shutil.rmtree((ROOT / out.strip().splitlines()[-1]).parent)
    found: dict[str, float] = {}
    for (_, name), spent in after.items():
        found[name] = found.get(name, 0.0) + 100 * (spent - before.get((_, name), 0.0)) / took
    return found


def _ours() -> list[psutil.Process]:
    """By their environment, and what they have started: some of Ray's processes overwrite theirs."""
    marked = f"PREFECT_HOME={settings.HOME}".encode()
    found = []
    for process in psutil.process_iter():
        try:
            if marked in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0"):
                found.append(process)
        except OSError:
            continue
    ours = {p.pid: p for p in found}
    for process in found:
        with suppress(psutil.NoSuchProcess):
            ours |= {c.pid: c for c in process.children(recursive=True)}
    return list(ours.values())


def _agents() -> set[int]:
    """The agent, whose environment is its software's and whose parent one of our workers, and what it has started."""
    ours = {p.pid for p in _ours()}
    leading = [p for p in psutil.process_iter() if AGENT in _words(p) and p.ppid() in ours]
    return {p.pid for p in leading} | {c.pid for p in leading for c in p.children(recursive=True)}


def _spent() -> dict[tuple[int, str], float]:
    agents, found = _agents(), {}
    for process in _ours():
        if process.pid not in agents:
            try:
                times = process.cpu_times()
                found[process.pid, _what(_words(process))] = times.user + times.system
            except psutil.Error:
                continue
    return found


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _what(words: list[str]) -> str:
    line = " ".join(words)
    known = {
        "flows.evaluate": "driver and its parent", "prefect": "Prefect's server and worker", "gcs_server": "Ray: head",
        "raylet": "Ray: raylet", "ray::_": "Ray: workers", "ray_head": "Ray: its other processes",
        "tasks.services": "keeper of the services",
        "ray::": "Ray: its other processes",
    }  # fmt: skip
    return next((what for key, what in known.items() if key in line), line[:60])


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    settings.apply()
    PLACE.mkdir(parents=True, exist_ok=True)
    measured(1.0)  # starts the services, as the first evaluation does
    rounds = [measured(given.seconds) for _ in range(given.rounds)]
    shutil.rmtree(PLACE)
    names = sorted({name for found in rounds for name in found})
    of = {name: statistics.median(found.get(name, 0.0) for found in rounds) for name in names}
    total = statistics.median(sum(found.values()) for found in rounds)
    print(json.dumps(of, indent=1))
    lines = [
        "# Beside a timed part",
        "",
        f"`python -m tests.benchmarks.aside`: CPU time of all our processes outside the agent over {given.seconds:g} s",
        f"of a timed part of patchnet, services up since the run before; medians of {given.rounds} rounds, per cent",
        "of one core.",
        "",
        "| process | % of a core |",
        "|---|---|",
        *(f"| {name} | {value:.2f} |" for name, value in sorted(of.items(), key=lambda pair: -pair[1])),
        f"| **all** | **{total:.2f}** |",
    ]
    (ROOT / "reports" / "aside.md").write_text("\n".join(lines) + "\n")


PLACE = ROOT / ".touchstone" / "benchmarks"

if __name__ == "__main__":
    main()
