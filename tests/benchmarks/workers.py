"""`python -m tests.benchmarks.workers [--rounds 5]`: untimed work with 1, 2, and 4 Ray workers → reports/workers.md.

A worker is a slot of a Ray node on this machine: so many calls that hold one core run at once. Compute-bound: accuracy
parts of four cells with hw=cpu1, each on a core. Waiting: four downloads of pinned files over HTTP on loopback, each
connection held to a rate, each to a folder of its own, as on nodes. Ray and its processes are up before the clock runs.
"""

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from flows import cli
from tasks import ROOT
from tasks.artifacts.downloads import download
from tasks.artifacts.store import fetch
from tasks.placement.agents import run_agent
from tasks.placement.calls import Share
from tasks.placement.cluster import place
from tasks.placement.request import agent_request
from tasks.placement.turns import untimed
from tasks.services import settings
from tasks.specs.artifact import Download
from tasks.stacks.build import ensure
from tasks.stacks.lock import Lock

WORKERS, CELLS = (1, 2, 4), 4
SIZE_BYTES, RATE_BYTES_PER_S = 4 * 2**20, 2 * 2**20
WORDS = ["+model=patchnet", "hw=cpu1", "scenario=quick", "scenario.accuracy_samples=all"]
Work = Callable[[int], object]


class Slow(BaseHTTPRequestHandler):
    """Sends the bytes that its path asks for, at the rate."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(SIZE_BYTES))
        self.end_headers()
        body, step = content(self.path), RATE_BYTES_PER_S // 20
        for start in range(0, SIZE_BYTES, step):
            self.wfile.write(body[start : start + step])
            time.sleep(1 / 20)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def content(path: str) -> bytes:
    """Bytes that differ from path to path."""
    return hashlib.sha256(path.encode()).digest() * (SIZE_BYTES // 32)


def quiet(text: str) -> None:
    """Progress that nobody reads."""


@contextmanager
def waiting() -> Iterator[Work]:
    """Download number so-and-so in a Ray worker."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    Thread(target=server.serve_forever, daemon=True).start()
    folder = Path(tempfile.mkdtemp(prefix="touchstone-workers-"))

    def work(number: int) -> Path:
        sha256 = hashlib.sha256(content(f"/{number}")).hexdigest()
        url = f"http://127.0.0.1:{server.server_port}/{number}"
        source = Download(url=url, sha256=sha256, size_bytes=SIZE_BYTES)
        return place(Share(1), untimed, download, source, folder / str(number), say=quiet)

    try:
        yield work
    finally:
        server.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def computing() -> Iterator[Work]:
    """Judge the accuracy of one cell in a Ray worker."""
    evaluation = cli.composed(WORDS)
    software, archive = evaluation.software, evaluation.dataset.archive
    assert archive
    model, samples = (fetch(artifact, ROOT, quiet) for artifact in (evaluation.artifact, archive))
    stack = ensure(Lock(software.python, software.packages), software.id, say=quiet)
    cores = sorted(os.sched_getaffinity(0))

    def work(number: int) -> bytes:
        request = agent_request(evaluation, "accuracy", 0, [cores[number % len(cores)]], model, samples)
        return place(Share(1), run_agent, str(stack.python), request, software.env, 600.0, say=quiet)

    yield work


KINDS = {"computing": computing, "waiting": waiting}


def once(kind: str, workers: int) -> float:
    """Seconds for all of it with so many workers, in this process."""
    settings.apply()  # before Ray is imported
    import ray

    ray.init(address="local", num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    with KINDS[kind]() as work, ThreadPoolExecutor(CELLS) as pool:
        list(pool.map(lambda _: place(Share(1), _idle, say=quiet), range(2 * workers)))
        begin = time.monotonic()
        list(pool.map(work, range(CELLS)))
        took_s = time.monotonic() - begin
    ray.shutdown()
    return took_s


def _idle(say: Callable[[str], None]) -> None:
    """Long enough that every slot has a process of its own."""
    time.sleep(1)


def main() -> None:
    """Interleaved rounds, each measurement in a fresh process; the table is rewritten after each round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--once", nargs=2, metavar=("KIND", "WORKERS"))
    asked = parser.parse_args()
    if asked.once:
        print(once(asked.once[0], int(asked.once[1])))
        return
    took: dict[tuple[str, int], list[float]] = {(kind, n): [] for kind in KINDS for n in WORKERS}
    for i in range(asked.rounds):
        for kind, n in list(took) if i % 2 == 0 else list(reversed(took)):
            took[kind, n].append(_measured(kind, n))
            print(f"round {i + 1}: {kind}, {n} workers: {took[kind, n][-1]:.2f} s", flush=True)
        _write(took)


def _measured(kind: str, workers: int) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.workers", "--once", kind, str(workers)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def _write(took: dict[tuple[str, int], list[float]]) -> None:
    rounds, cores = len(took["waiting", 1]), len(os.sched_getaffinity(0))
    lines = [
        "# Workers",
        "",
        f"`python -m tests.benchmarks.workers`: {CELLS} pieces of untimed work at once on 1, 2, and 4 Ray",
        f"workers (slots of a Ray node) of one machine with **{cores} cores**; medians of {rounds} interleaved rounds.",
        "«computing»: accuracy of patchnet with hw=cpu1, one agent on one core: no gain beyond the cores there are.",
        f"«waiting»: downloads of {SIZE_BYTES / 2**20:.0f} MiB over HTTP on loopback, each connection held to",
        f"{RATE_BYTES_PER_S / 2**20:.0f} MiB/s.",
        "",
        "| work | 1 worker, s | 2 workers, s | 4 workers, s | 1 → 2 | 2 → 4 |",
        "|---|---|---|---|---|---|",
    ]
    for kind in KINDS:
        one, two, four = (statistics.median(took[kind, n]) for n in WORKERS)
        lines.append(f"| {kind} | {one:.2f} | {two:.2f} | {four:.2f} | {one / two:.2f} × | {two / four:.2f} × |")
    (ROOT / "reports" / "workers.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
