"""Names of task runs in Prefect's UI: what is done and, in a flow of several evaluations, of which of them.

Not Prefect's tags: a task run with tags asks the server for a free slot of each, and waits where that is slow.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from prefect.runtime import task_run

from tasks.specs.evaluation import Evaluation

_of = ContextVar("of", default="")


@contextmanager
def one_of_several(evaluation: Evaluation) -> Iterator[None]:
    """Task runs of the block, and of what it starts, are named with model, software, and scenario."""
    token = _of.set(f": {evaluation.title}, {evaluation.software.id}, {evaluation.scenario.id}")
    try:
        yield
    finally:
        _of.reset(token)


def titled(template: str) -> Callable[[], str]:
    """The name of a task's runs; the template may use the task's parameters."""

    return lambda: template.format(**task_run.parameters) + _of.get()
