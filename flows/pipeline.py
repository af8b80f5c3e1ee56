"""The Prefect flow that every evaluation is; deployments name it as `flows.pipeline.evaluate`."""

from typing import Annotated, Any

from prefect import State, flow
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from flows import cli, sweeps
from flows.line import one
from flows.orphans import log_orphans
from flows.outcome import told
from flows.recorded import asked_again
from tasks.placement.cluster import connected, described
from tasks.progress import say
from tasks.results.measurement import Result, Sweep
from tasks.services import local
from tasks.services.flow_runs import mark_crashed, running

Words = Annotated[list[str], Field(title="words")]
Several = Annotated[list[list[str] | dict[str, Any]], Field(title="several evaluations")]
Asked = Words | Several


def _title() -> str:
    """The flow run's name in Prefect's UI: how many evaluations, and in which words, each said once."""
    asked, resume = flow_run.parameters["request"], flow_run.parameters.get("resume")
    if not asked or isinstance(asked[0], str):
        said = " ".join(asked)
    else:
        said = f"{len(asked)} evaluation{'s' * (len(asked) > 1)}: {_together(asked)}"
    return " ".join(filter(None, [said, f"(the rest of {resume})" if resume else ""])) or "nothing asked"


def _together(asked: list[Any]) -> str:
    """`+model=a software=x` and `+model=b software=x` as `+model=a,b software=x`; whole ones by their models."""
    values: dict[str, dict[str, None]] = {}
    for words in asked:
        for word in words if isinstance(words, list) else [f"+model={words['model']['id']}"]:
            key, _, value = word.partition("=")
            values.setdefault(key, {})[value] = None
    return " ".join(f"{key}={','.join(found)}" for key, found in values.items())


@flow(
    name="evaluate",
    flow_run_name=_title,
    task_runner=ThreadPoolTaskRunner(max_workers=16),  # type: ignore[arg-type]
    persist_result=False,
)
def evaluate(request: Asked, resume: str | None = None) -> State[Result | Sweep]:
    """Evaluate what is asked: one evaluation gives a Result, several a Sweep.

    Args:
        request: the words of one evaluation, one an item, with -m first those of a sweep; or a list of several such
            lists, or of whole specifications.
        resume: a sweep's name; its finished cells are not measured again.
    """  # what stands under Args is shown in the form of Prefect's UI
    jobs = asked_again(resume) if resume and not request else cli.jobs(request)
    first, tell = jobs[0][1], say("start")
    running(str(flow_run.id))
    with local.ray(first.services, first.workers, tell) as address:
        tell(f"Ray: {described(address)}")
        with connected(address):
            mark_crashed(tell)
            log_orphans()
            cells = list(sweeps.cells(jobs))
            if len(cells) == 1 and resume is None:
                return told(one(*cells[0][:2], None))
            return told(sweeps.sweep(jobs, cells, resume))
