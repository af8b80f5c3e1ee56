"""`python -m tests.benchmarks.issuer [--seconds 10]`: how late queries are announced → reports/issuer.md.

At 1 000 a second, beside a model that answers at once, one that holds the GIL for 5 ms, and one that uses every core;
with a core left for the issuer, and with none.
"""

import argparse

import numpy as np

from tasks.results.process import Process
from tests.benchmarks.agents import machine, table, timed, write

RATE = 1000
CASES = {
    "answers at once": ["model.service_ms=0"],
    "holds the GIL for 5 ms": ["model.service_ms=5", "software.options.busy=hold_gil"],
    "spins for 0.5 ms": ["model.service_ms=0.5", "software.options.busy=spin"],
    "uses every reserved core for 0.5 ms": ["model.service_ms=0.5", "software.options.busy=every_core"],
}


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    seconds = parser.parse_args().seconds
    words = ["+model=fixed", "scenario=server", f"scenario.target_qps={RATE}", f"scenario.min_duration_s={seconds}"]
    rows, process = [], None
    for hw in ("cpu1", "local"):
        for name, case in CASES.items():
            process = timed([*words, *case, f"hw={hw}"])
            rows.append([name, *_issuer(process), *_late(process)])
    assert process
    lines = ["# How late queries are announced", ""]
    lines += [f"`python -m tests.benchmarks.issuer --seconds {seconds:g}`: {RATE} Poisson arrivals a second.", ""]
    lines += [f"Announced - scheduled, µs. {machine(process)}.", ""]
    lines += table(
        ["the model", "the issuer's core", "its priority", "p50", "p99", "p99.9", "largest", "queries"], rows
    )
    write("issuer.md", lines)


def _issuer(process: Process) -> list[str]:
    issuer = process.facts["issuer"]
    return ["one of its own" if issuer["cores"] else "shared", issuer["priority"]]


def _late(process: Process) -> list[str]:
    error_us = process.timed["issue_error_ns"].to_numpy() / 1e3
    return [f"{x:.1f}" for x in (*np.percentile(error_us, [50, 99, 99.9]), error_us.max())] + [f"{len(error_us):,}"]


if __name__ == "__main__":
    main()
