"""Measure: one fresh agent, in the software's environment, on the cores that were matched."""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from prefect import task

from tasks.placement.agents import run_agent
from tasks.placement.cluster import Share, place
from tasks.placement.request import agent_request, samples_path
from tasks.progress import say
from tasks.results.process import Process, Role, read_process
from tasks.specs.evaluation import Evaluation
from tasks.stacks.stack import Stack

DOING = {"inputs": "looking at the pre-processed inputs", "accuracy": "judging accuracy", "timed": "timing"}


@task(name="measure", task_run_name="{role} {index}")
def measure(
    evaluation: Evaluation, role: Role, index: int, placement: dict[str, Any], model: str, stack: Stack
) -> Process:
    """Run one agent and read what it left. Raises `TouchstoneError` with the way it ended."""
    tell = say("measure")
    total = evaluation.scenario.repetitions
    tell(DOING[role] + (f" {index + 1} of {total}: a fresh process" if role == "timed" else ""))
    request = agent_request(evaluation, role, index, placement["cpus"], Path(model), samples_path(evaluation))
    gpus = evaluation.hw.accelerator.count if evaluation.hw.accelerator else 0
    share = Share(len(placement["cpus"]), gpus, placement.get("node"))
    software, limit_s = evaluation.software, evaluation.scenario.time_limit_s
    packed = place(share, run_agent, str(stack.python), request, software.env, limit_s, say=tell)
    with tempfile.TemporaryDirectory(prefix="touchstone-") as folder:
        zipfile.ZipFile(io.BytesIO(packed)).extractall(folder)
        return read_process(Path(folder))
