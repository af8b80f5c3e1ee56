"""The Prefect flow that every evaluation is; deployments name it as `flows.pipeline.evaluate`."""

from typing import Any

from prefect import flow
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from flows import cli, sweeps
from flows.line import log_orphans, one
from flows.recorded import asked_again
from tasks.placement.cluster import connected, described
from tasks.progress import say
from tasks.results.measurement import Result, Sweep
from tasks.services import local
from tasks.services.flow_runs import mark_crashed, running

Asked = list[str] | list[list[str] | dict[str, Any]]


def _title() -> str:
    """The flow run's name in Prefect's UI: the words that asked."""
    asked, resume = flow_run.parameters["request"], flow_run.parameters.get("resume")
    words = [w if isinstance(w, str) else " ".join(w) if isinstance(w, list) else w["model"]["id"] for w in asked]
    return " ".join(["evaluate", *words, *([f"resume={resume}"] if resume else [])])


@flow(
    name="evaluate",
    flow_run_name=_title,
    task_runner=ThreadPoolTaskRunner(max_workers=16),  # type: ignore[arg-type]
    persist_result=False,
)
def evaluate(request: Asked, resume: str | None = None) -> Result | Sweep:
    """Evaluate what ``request`` describes: one evaluation gives a Result, several a Sweep.

    A list of override words is one evaluation (with -m a sweep); a list of such lists, or of whole specifications, is
    several. ``resume`` names a sweep whose finished cells are not measured again.
    """
    jobs = cli.jobs(request) if request else asked_again(str(resume))
    first, tell = jobs[0][1], say("start")
    with running(str(flow_run.id)), local.ray(first.services, first.workers, tell) as address:
        tell(f"Ray: {described(address)}")
        with connected(address):
            mark_crashed(tell)
            log_orphans()
            cells = list(sweeps.cells(jobs))
            if len(cells) == 1 and resume is None:
                return one(*cells[0][:2], None)
            return sweeps.sweep(jobs, cells, resume)
