"""Provision: the software environment, on the node that measures, built once from its lock."""

from prefect import task

from tasks import plugins
from tasks.placement.again import ONCE_MORE
from tasks.placement.calls import Share
from tasks.placement.cluster import place
from tasks.placement.turns import untimed
from tasks.progress import say
from tasks.specs.software import Software
from tasks.stacks.build import ensure, present
from tasks.stacks.current import current
from tasks.stacks.lock import Lock
from tasks.stacks.stack import Stack
from tasks.titles import titled


@task(persist_result=False, name="provision", task_run_name=titled("provision {software.id}"), **ONCE_MORE)
def provision(software: Software, node: str | None) -> Stack:
    """The environment that the agent will run in. Raises `BuildFailed`."""
    if software.environment == "current":
        return current(software.framework, plugins.load("tasks.predictors", software.framework).Predictor.module)
    lock = Lock(software.python, software.packages)
    if node is None and (found := present(lock, software.id)):  # on this machine, and nothing for a worker to do
        return found
    stack: Stack = place(Share(node=node), untimed, ensure, lock, software.id, say=say("provision"))
    return stack
