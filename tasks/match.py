"""Match: is what was asked for here, the hardware and the samples that nobody can fetch?"""

from typing import Any

from prefect import task

from tasks.placement.matching import matched
from tasks.specs.evaluation import Evaluation
from tasks.titles import titled


@task(persist_result=False, name="match hardware", task_run_name=titled("match hw={evaluation.hw.id}"))
def match(evaluation: Evaluation, node: str | None = None) -> dict[str, Any]:
    """The placement: host, reserved cores, what was offered. Raises `HardwareMissing`."""
    return matched(evaluation, node)
