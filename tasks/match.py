"""Match: is what was asked for here, the hardware and the samples that nobody can fetch?"""

from typing import Any

from prefect import task

from tasks.placement.matching import matched
from tasks.placement.request import require_samples
from tasks.specs.evaluation import Evaluation


@task(name="match hardware", task_run_name="match hw={evaluation.hw.id}")
def match(evaluation: Evaluation) -> dict[str, Any]:
    """The placement: host, reserved cores, what was offered. Raises `HardwareMissing`."""
    placement = matched(evaluation.hw, evaluation.workers)
    require_samples(evaluation)
    return placement
