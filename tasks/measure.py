"""Measure: one fresh agent, in the software's environment, on the cores that were matched."""

from pathlib import Path

from prefect import task
from prefect.runtime import task_run

from tasks.placement.again import ONCE_MORE
from tasks.placement.agents import run_agent
from tasks.placement.calls import Share
from tasks.placement.cluster import place
from tasks.placement.request import agent_request, files_of
from tasks.progress import say
from tasks.results.measurement import Result
from tasks.results.pending import Pending, unpacked
from tasks.results.process import Process, Role
from tasks.stacks.stack import Stack
from tasks.titles import titled

DOING = {"inputs": "looking at the pre-processed inputs", "accuracy": "judging accuracy", "timed": "timing"}


def _title() -> str:
    """The task run's name in Prefect's UI."""
    parameters = task_run.parameters
    total = parameters["result"].evaluation.scenario.repetitions
    said = {"inputs": "look at inputs", "accuracy": "judge accuracy"}
    doing = said.get(parameters["role"], f"time process {parameters['index'] + 1} of {total}")
    return titled(doing)()


@task(
    persist_result=False,
    name="measure",
    task_run_name=_title,
    **ONCE_MORE,
)
def measure(result: Result, role: Role, index: int, stack: Stack, pending: Pending) -> Process:
    """Run one agent and read what it left. Raises `TouchstoneError` with the way it ended."""
    evaluation, placement, tell = result.evaluation, result.placement, say("measure")
    total = evaluation.scenario.repetitions
    of = f" of {total}" if index < total else ""  # a comparison goes on beyond
    tell(DOING[role] + (f" {index + 1}{of}: a fresh process" if role == "timed" else ""))
    model, samples = files_of(evaluation, result.artifacts), Path(result.artifacts["dataset"]["path"])  # on the node
    request = agent_request(evaluation, role, index, placement["cpus"], model, samples)
    request["attempt"] = task_run.run_count
    gpus = evaluation.hw.accelerator.count if evaluation.hw.accelerator else 0
    share = Share(len(placement["cpus"]), gpus, placement.get("node"))
    software, limit_s = evaluation.software, evaluation.scenario.time_limit_s
    packed = place(share, run_agent, str(stack.python), request, software.env, limit_s, say=tell)
    pending.keep(f"{('inputs', 'accuracy', 'timed').index(role)}-{role}-{index}.zip", packed)
    return unpacked(packed)
