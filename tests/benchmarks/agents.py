"""One timed agent by itself, for the benchmarks: words of the command line in, its process out. Takes its turn."""

import json
import subprocess
from typing import Any

from flows import cli
from tasks import ROOT
from tasks.artifacts.store import fetch
from tasks.placement.agents import run_agent
from tasks.placement.matching import on_this_machine
from tasks.placement.request import agent_request, samples_path
from tasks.results.pending import unpacked
from tasks.results.process import Process
from tasks.stacks.build import ensure
from tasks.stacks.lock import Lock


def timed(words: list[str], index: int = 0) -> Process:
    """The timed process of this index, measured now."""
    (evaluation,) = cli.read(words)
    model = fetch(evaluation.artifact, ROOT)
    if evaluation.dataset.archive:
        fetch(evaluation.dataset.archive, ROOT)
    stack = ensure(Lock(evaluation.software.python, evaluation.provisioned.packages), evaluation.software.id)
    cpus = on_this_machine(evaluation.hw)["cpus"]
    request = agent_request(evaluation, "timed", index, cpus, model, samples_path(evaluation))
    limit_s = evaluation.scenario.time_limit_s
    return unpacked(run_agent(str(stack.python), request, evaluation.software.env, limit_s, print))


def machine(process: Process) -> str:
    """The processor, its cores, and the load when this is called."""
    cpu: dict[str, Any] = process.facts["host"].get("cpu", {})
    load = subprocess.run(["cat", "/proc/loadavg"], capture_output=True, text=True, check=False).stdout.split()
    return f"{cpu.get('model', 'unknown processor')}; cores used: {json.dumps(process.facts['cpus'])}; load {load[0]}"


def table(headings: list[str], rows: list[list[str]]) -> list[str]:
    """Lines of a Markdown table."""
    cells = [headings, ["---"] * len(headings), *rows]
    return ["| " + " | ".join(row) + " |" for row in cells]


def write(name: str, lines: list[str]) -> None:
    """reports/<name>, and on standard output."""
    text = "\n".join(lines) + "\n"
    (ROOT / "reports" / name).write_text(text)
    print(text)
