"""`python -m flows.deploy name=nightly 'cron="0 2 * * *"' +model=patchnet`: an evaluation on a schedule, in Prefect.

status          every deployment: its schedule, when it fires next, its last run, and who will run it
remove name=…   take one away

The words after name and cron are an evaluation's, or with -m a sweep's; they are read and validated first.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from flows import cli
from tasks import ROOT, plugins
from tasks.errors import Refused, TouchstoneError
from tasks.progress import say
from tasks.services import known, local
from tasks.services.children import POOL
from tasks.services.explained import explained

PATIENCE_S = 90


@contextmanager
def online(tell: Callable[[str], None]) -> Iterator[str]:
    """Prefect's server, in this machine's services unless the environment names another."""
    with local.prefect(cli.default().services, tell) as server, explained():
        yield server


def deploy(words: list[str]) -> int:
    """Validate, deploy, and say when it fires next and who runs it."""
    name, cron, asked = _parts(words)
    jobs = cli.jobs(asked)
    _require_cron(cron)
    with online(say("deploy")) as server:
        deployed(name, cron, asked)
        if known.kept():
            known.ask()
            local.started(("worker",), jobs[0][1].services.idle_s, say("deploy"))
        _await_schedule(name)
        print(f"{name}: {len(jobs)} evaluation{'s' * (len(jobs) > 1)}, {cron}, in {server}")
        return status([])


def status(words: list[str]) -> int:
    """Print the table."""
    from prefect.client.orchestration import get_client

    with online(say("deploy")), get_client(sync_client=True) as client:
        table = Table("deployment", "asks", "schedule", "next", "last run", box=None, header_style="dim")
        for found in client.read_deployments():
            asked = " ".join(map(str, found.parameters.get("request", []))) or "(the form in Prefect's UI)"
            schedule = ", ".join(str(getattr(s.schedule, "cron", s.schedule)) for s in found.schedules if s.active)
            table.add_row(found.name, asked, schedule or "-", _next(client, found.id), _last(client, found.id))
        Console(highlight=False).print(table)
        print(_runner(client))
    return 0


def remove(words: list[str]) -> int:
    """Delete one by name."""
    from prefect.client.orchestration import get_client

    name, _, rest = _parts(words)
    if rest:
        raise Refused(f"«{rest[0]}» is too much: python -m flows.deploy remove name={name}")
    with online(say("deploy")), get_client(sync_client=True) as client:
        found = {d.name: d for d in client.read_deployments()}
        if name not in found:
            raise Refused(plugins.unknown("deployment", name, list(found)))
        client.delete_deployment(found[name].id)
    if known.kept():
        known.ask()
    print(f"{name} is removed.")
    return 0


def deployed(name: str, cron: str | None, asked: list[str]) -> None:
    """The deployment of the flow, by module and not by path, in the work pool of this machine."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists
    from prefect.types.entrypoint import EntrypointType

    from flows.pipeline import evaluate

    with get_client(sync_client=True) as client:
        try:
            client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        except ObjectAlreadyExists:
            pass
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    made = evaluate.to_deployment(
        name,
        cron=cron,
        parameters={"request": asked} if asked else {},
        description="An evaluation, or with -m a sweep, by its words: +model=<name> group=option field=value.",
        tags=["touchstone"],
        entrypoint_type=EntrypointType.MODULE_PATH,
        work_pool_name=POOL,
        job_variables={"working_dir": str(ROOT), "env": {"PYTHONPATH": paths}},
    )
    made.apply()  # type: ignore[union-attr]


def _parts(words: list[str]) -> tuple[str, str | None, list[str]]:
    """Name, cron, and the evaluation's words."""
    given = dict(w.split("=", 1) for w in words if w.startswith(("name=", "cron=")))
    name, cron = given.get("name", ""), given.get("cron", "").strip("\"'") or None
    if not name or not all(c.isalnum() or c in "-_" for c in name):
        raise Refused(f"A deployment has a name of letters, digits, - and _ (found «{name}»): name=nightly")
    return name, cron, [w for w in words if not w.startswith(("name=", "cron="))]


def _require_cron(cron: str | None) -> None:
    from prefect.client.schemas.schedules import CronSchedule

    if cron is None:
        raise Refused('When should it run? cron="0 2 * * *" is every night at 2 (minute hour day month weekday).')
    try:
        CronSchedule(cron=cron)
    except ValueError as error:
        raise Refused(
            f'«{cron}» is no cron schedule (minute hour day month weekday), such as cron="0 2 * * *".'
        ) from error


def _next(client: Any, deployment: Any) -> str:
    runs = _runs(client, deployment, ["SCHEDULED"], "EXPECTED_START_TIME_ASC")
    if not runs:
        return "-"
    due = runs[0].expected_start_time
    late = datetime.now(UTC) - due
    return f"{due.astimezone():%Y-%m-%d %H:%M:%S}" + (" (late)" if late.total_seconds() > 15 else "")


def _last(client: Any, deployment: Any) -> str:
    runs = _runs(client, deployment, ["RUNNING", "COMPLETED", "FAILED", "CRASHED", "CANCELLED"], "START_TIME_DESC")
    return f"{runs[0].state.name}, {runs[0].start_time.astimezone():%Y-%m-%d %H:%M:%S}" if runs else "-"


def _await_schedule(name: str) -> None:
    """Until Prefect's scheduler has planned the first run."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        found = client.read_deployment_by_name(f"evaluate/{name}")
        for _ in range(PATIENCE_S):
            if _next(client, found.id) != "-":
                return
            time.sleep(1)
    raise TouchstoneError(
        f"{name} is deployed, and Prefect planned no run within {PATIENCE_S} s; see its server's log."
    )


def _runs(client: Any, deployment: Any, states: list[str], sort: str) -> list[Any]:
    from prefect.client.schemas import filters
    from prefect.client.schemas.sorting import FlowRunSort

    kinds = filters.FlowRunFilterState(type=filters.FlowRunFilterStateType(any_=states))
    return list(
        client.read_flow_runs(
            deployment_filter=filters.DeploymentFilter(id=filters.DeploymentFilterId(any_=[deployment])),
            flow_run_filter=filters.FlowRunFilter(state=kinds),
            sort=FlowRunSort[sort],
            limit=1,
        )
    )


def _runner(client: Any) -> str:
    """Who will run what is due."""
    from prefect.exceptions import ObjectNotFound

    try:
        workers = [w for w in client.read_workers_for_work_pool(POOL) if str(w.status).endswith("ONLINE")]
    except ObjectNotFound:
        workers = []
    if workers:
        who = ", ".join(w.name for w in workers)
        return f"Run by {who} (work pool {POOL}); services stay up as long as a schedule is active."
    return "Nobody runs them: no worker is online. Start one: make up"


VERBS = {"status": status, "remove": remove}


def run(words: list[str]) -> int:
    """Deploy, or do what the leading word says."""
    if words and "=" not in words[0] and not words[0].startswith("-"):
        name, rest = cli.verb(words, list(VERBS))
        return VERBS[name](rest)
    return deploy(words)


if __name__ == "__main__":
    sys.exit(cli.main("deploy", run))
