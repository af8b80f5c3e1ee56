"""`python -m tests.benchmarks.bare_loop [--pairs 10]`: what the harness costs a real model → reports/bare_loop.md.

The timed agent against a bare loop in a bare process with the same stack: resnet50, one thread, one core, fresh
processes interleaved A B B A. The ratio of a pair is the agent's median prediction over the loop's.
"""

import argparse
import io
import json
import os
import subprocess
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from scipy import stats

from flows import cli
from tasks import ROOT
from tasks.artifacts.store import fetch
from tasks.placement.agents import run_agent
from tasks.placement.matching import on_this_machine
from tasks.placement.request import agent_request, samples_path
from tasks.placement.turns import turn
from tasks.results.process import read_process
from tasks.stacks.build import ensure
from tasks.stacks.lock import Lock

WORDS = ["+model=resnet50", "hw=cpu1", "scenario.min_duration_s=6", "scenario.min_queries=60"]
LOOP = """
import sys, time, os, json
os.sched_setaffinity(0, {int(sys.argv[2])})
import numpy, onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
picture = numpy.load(sys.argv[3])
for _ in range(10):
    session.run(["logits"], {"input": picture})
times, end = [], time.perf_counter() + 6
while time.perf_counter() < end or len(times) < 60:
    begin = time.perf_counter_ns()
    session.run(["logits"], {"input": picture})
    times.append(time.perf_counter_ns() - begin)
print(json.dumps(times))
"""


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10)
    pairs = parser.parse_args().pairs
    (evaluation,) = cli.read(WORDS)
    model = fetch(evaluation.artifact, ROOT)
    assert evaluation.dataset.archive
    fetch(evaluation.dataset.archive, ROOT)
    stack = ensure(Lock(evaluation.software.python, evaluation.software.packages), evaluation.software.id)
    cpus = on_this_machine(evaluation.hw)["cpus"]

    def agent(index: int) -> float:
        request = agent_request(evaluation, "timed", index, cpus, model, samples_path(evaluation))
        packed = run_agent(str(stack.python), request, evaluation.software.env, 600, print)
        with tempfile.TemporaryDirectory() as folder:
            zipfile.ZipFile(io.BytesIO(packed)).extractall(folder)
            return float(np.median(read_process(Path(folder)).latency_ns("predict"))) / 1e6

    def loop(index: int) -> float:
        with tempfile.TemporaryDirectory() as folder, turn(True, print):
            np.save(
                Path(folder) / "picture.npy", np.random.default_rng(index).normal(size=(1, 3, 224, 224)).astype("f4")
            )
            command = [str(stack.python), "-c", LOOP, str(model), str(cpus[0]), f"{folder}/picture.npy"]
            env = {**os.environ, **evaluation.software.env}
            done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        return float(np.median(json.loads(done.stdout))) / 1e6

    rows = []
    for i in range(pairs):
        first, second = (agent, loop) if i % 2 == 0 else (loop, agent)
        values = {first.__name__: first(i), second.__name__: second(i)}
        rows.append((values["agent"], values["loop"]))
        print(f"pair {i + 1} of {pairs}: agent {rows[-1][0]:.3f} ms, loop {rows[-1][1]:.3f} ms", flush=True)
    _write(np.array(rows))


def _write(rows: np.ndarray) -> None:
    ratios = np.log(rows[:, 0] / rows[:, 1])
    half = stats.t.ppf(0.975, len(ratios) - 1) * ratios.std(ddof=1) / np.sqrt(len(ratios))
    mean, low, high = np.exp([ratios.mean(), ratios.mean() - half, ratios.mean() + half])
    lines = [
        "# The agent against a bare loop",
        "",
        "`python -m tests.benchmarks.bare_loop`: resnet50[seeded], ONNX Runtime, one thread on one core,",
        "fresh processes interleaved A B B A. Medians of `predict` in ms.",
        "",
        f"Agent / loop: **{mean:.4f}**, 95 % interval {low:.4f} to {high:.4f}",
        f"(geometric mean of {len(rows)} pairs, Student t).",
        "",
        "| pair | agent, ms | bare loop, ms | ratio |",
        "|---|---|---|---|",
    ]
    lines += [f"| {i + 1} | {a:.3f} | {b:.3f} | {a / b:.4f} |" for i, (a, b) in enumerate(rows)]
    (ROOT / "reports" / "bare_loop.md").write_text("\n".join(lines) + "\n")
    print(f"agent / loop {mean:.4f} ({low:.4f} to {high:.4f}); reports/bare_loop.md")


if __name__ == "__main__":
    main()
