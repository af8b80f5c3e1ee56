"""`python -m tests.benchmarks.pool add --minutes 10`: blocks of short fresh processes of patchnet → reports/pool.jsonl.

Four of five blocks A B B A have equal sides, the fifth a B whose predictions really take 3 % of A's median longer
(`delay.py`). Each block is one line, appended when it is whole, so that the command can be ended at any
time and called again, on any machine: blocks of one machine and core are a part of their own. Two at once, one a core:
`TMPDIR=<another> taskset -c 1 python -m tests.benchmarks.pool add`. `python -m tests.benchmarks.verdicts` makes trials.
"""

import argparse
import hashlib
import json
import os
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows import cli
from tasks import ROOT
from tasks.artifacts.store import fetch
from tasks.contrasts import sides
from tasks.environment.hardware import probe
from tasks.placement.agents import run_agent
from tasks.placement.matching import on_this_machine
from tasks.placement.request import agent_request, samples_path
from tasks.results.pending import unpacked
from tasks.stacks.build import ensure
from tasks.stacks.lock import Lock

POOL = ROOT / "reports" / "pool.jsonl"
METRIC, PLANTED, EVERY = "predict_p50_ms", 0.03, 5
WORDS = [
    "+model=patchnet", "hw=cpu1", "scenario=quick", "scenario.min_duration_s=0.1", "scenario.min_queries=50",
    "scenario.warmup_queries=20",
]  # fmt: skip
FRAMEWORK = "tests.benchmarks.delay"


class Short:
    """One short agent after the other, run as the product runs them, without Prefect and Ray."""

    def __init__(self) -> None:
        (self.evaluation,) = cli.read(WORDS)
        self.model = fetch(self.evaluation.artifact, ROOT)
        assert self.evaluation.dataset.archive
        fetch(self.evaluation.dataset.archive, ROOT)
        software = self.evaluation.software
        self.stack = ensure(Lock(software.python, software.packages), software.id)
        self.cpus, self.count = on_this_machine(self.evaluation.hw)["cpus"], 0

    def median_ms(self, wait_us: float) -> float:
        """Of one fresh process whose predictions wait so long; 0 runs the same predictor."""
        samples = samples_path(self.evaluation)
        request = agent_request(self.evaluation, "timed", self.count, self.cpus, self.model, samples)
        request |= {"framework": FRAMEWORK, "allow_modules": [FRAMEWORK]}
        request["options"] = {**request["options"], "wait_us": wait_us}
        self.count += 1
        packed = run_agent(str(self.stack.python), request, self.evaluation.software.env, 60, print)
        return sides.value(sides.metric_of(METRIC), unpacked(packed))

    def block(self, wait_us: float) -> dict[str, Any]:
        """A B B A."""
        a, b, c, d = (self.median_ms(us) for us in (0.0, wait_us, wait_us, 0.0))
        return {"a": [a, d], "b": [b, c]}


Part = tuple[dict[str, Any], list[dict[str, Any]]]  # what the blocks are of, and they, oldest first


def read(pool: Path = POOL) -> list[Part]:
    """The parts of the pool; a line that was cut off is left out."""
    found: dict[str, Part] = {}
    for line in _lines(pool) if pool.exists() else ():
        if "of" in line:
            found[line["of"]][1].append(line)
        else:
            found[line["part"]] = line, []
    return list(found.values())


def _lines(pool: Path) -> Iterator[dict[str, Any]]:
    for line in pool.read_text().splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def add(minutes: float, pool: Path = POOL) -> int:
    """Append blocks for so many minutes; how many this machine and core have now."""
    short = Short()
    made_of = {"cpu": probe().cpu_model, "cores": short.cpus, "words": WORDS}
    made_of["evaluation"] = short.evaluation.hashes()["evaluation"]
    part = hashlib.sha256(json.dumps([socket.gethostname(), made_of]).encode()).hexdigest()[:8]
    head, blocks = next((p for p in read(pool) if p[0]["part"] == part), ({}, []))
    if not head:
        median = sorted(short.median_ms(0.0) for _ in range(5))[2]
        head = {"part": part, **made_of, "metric": METRIC, "planted": PLANTED, "wait_us": 1e3 * PLANTED * median}
        _append(pool, head)
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        planted = len(blocks) % EVERY == EVERY - 1
        block = short.block(head["wait_us"] if planted else 0.0)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        said = {"of": part, "planted": planted, **block, "at": at, "load_1m": round(os.getloadavg()[0], 2)}
        _append(pool, said)
        blocks.append(said)
        print(f"block {len(blocks)}{', planted' if planted else ''}: {block}", flush=True)
    return len(blocks)


def _append(pool: Path, value: dict[str, Any]) -> None:
    """One line; after one that was cut off, on a new one."""
    cut = pool.exists() and not pool.read_bytes().endswith(b"\n")
    with pool.open("a") as file:
        file.write("\n" * cut + json.dumps(value) + "\n")


def main() -> None:
    """Add to the pool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=["add"])
    parser.add_argument("--minutes", type=float, default=10.0)
    print(f"{add(parser.parse_args().minutes)} blocks in {POOL.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
