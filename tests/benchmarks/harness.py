"""`python -m tests.benchmarks.harness [--repeats 5]`: what the harness costs a query and a sample → reports/harness.md.

The model `null` answers at once, so that all that is measured is the harness; LoadGen from Python does the same beside
it. A real model's latency against a bare loop is in reports/bare_loop.md.
"""

import argparse
import time

import numpy as np

from tasks.results.process import Process
from tasks.scenarios import offline
from tasks.scenarios.base import OVERLAPPED, Log, System
from tests.benchmarks.agents import machine, table, timed, write

SINGLE = ["+model=null", "scenario=single_stream", "hw=cpu1", "scenario.min_duration_s=2"]
OFFLINE = ["+model=null", "scenario=offline", "scenario.min_duration_s=0"]
SAMPLES = 1_000_000


def main() -> None:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    ours = [timed(SINGLE, i) for i in range(repeats)]
    theirs = [timed([*SINGLE, "scenario.generator=loadgen"], i) for i in range(repeats)]
    lines = [
        "# What the harness costs",
        "",
        f"`python -m tests.benchmarks.harness --repeats {repeats}`, {repeats} fresh",
    ]
    lines += [f"processes each, medians of them (smallest to largest). {machine(ours[0])}.", ""]
    lines += ["## A query: `+model=null`, single stream", ""]
    lines += table(["generator", "queries", "wall time / query, µs", "recorded p50, µs", "recorded p99.9, µs"], [
        _row("touchstone", ours, [_recorded_us(p) for p in ours]),
        _row("MLPerf LoadGen from Python", theirs, [_said_us(p) for p in theirs]),
    ])  # fmt: skip
    lines += ["", "Recorded: latency of a query that takes no time; LoadGen does more, it logs every query.", ""]
    lines += [f"## A sample: `+model=null`, offline, {SAMPLES:,} samples", ""]
    lines += table(["batch", "cost / sample, µs"], [[str(size), _offline(size, repeats)] for size in (1, 16, 64)])
    lines += ["", "## Stages that overlap: two equal stages of 10 ms that wait for something else", ""]
    lines += [f"Wall time / sum of the stages: {overlap():.3f} (0.5 = they overlap wholly)."]
    write("harness.md", lines)


def _row(name: str, processes: list[Process], recorded: list[tuple[float, float]]) -> list[str]:
    walls = [1e6 * p.wall_s / len(p.timed) for p in processes]
    queries = int(np.median([len(p.timed) for p in processes]))
    return [name, f"{queries:,}", _spread(walls), *(_spread([r[i] for r in recorded]) for i in (0, 1))]


def _recorded_us(process: Process) -> tuple[float, float]:
    p50, p999 = np.percentile(process.latency_ns("end_to_end"), [50, 99.9]) / 1e3
    return float(p50), float(p999)


def _said_us(process: Process) -> tuple[float, float]:
    said = process.facts["loadgen"]
    return said["50.00 percentile latency (ns)"] / 1e3, said["99.90 percentile latency (ns)"] / 1e3


def _offline(size: int, repeats: int) -> str:
    words = [*OFFLINE, f"scenario.batch_size={size}", f"scenario.min_queries={SAMPLES // size}"]
    costs = []
    for index in range(repeats):
        process = timed(words, index)
        costs.append(1e6 * process.wall_s / float(process.timed["samples"].sum()))
    return _spread(costs)


def _spread(values: list[float]) -> str:
    return f"{np.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def overlap() -> float:
    """Wall time over the sum of all stages."""

    def slow(value: object) -> object:
        time.sleep(0.01)
        return value

    log = Log()
    system = System(slow, slow, lambda value: value, [0, 1, 2])
    offline.run(system, log, batch_size=1, warmup_queries=2, min_duration_s=0, min_queries=100)
    rows = np.array(log.parts[-1].readings).reshape(-1, len(OVERLAPPED))
    return float((rows[-1, 5] - rows[0, 0]) / (rows[:, [1, 3, 5]] - rows[:, [0, 2, 4]]).sum())


if __name__ == "__main__":
    main()
