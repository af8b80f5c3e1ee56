"""Flow runs whose driver was killed: Prefect cannot know, so whoever starts next marks them as crashed.

A file per flow run, with the process that leads it. It outlives the flow, because a driver can be killed, or its server
away, before Prefect was told of the end; the next start looks and takes it away. Before a flow run has its name, the
file has that of the process.
"""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from tasks.services.settings import STATE

FOLDER = STATE / "flow_runs"
STARTING = "starting-"


def starting() -> None:
    """Note that this process is about to lead one."""
    running(f"{STARTING}{os.getpid()}")


def running(flow_run: str) -> None:
    """Note that this process leads it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    leader = {"pid": os.getpid(), "began": psutil.Process().create_time()}
    (FOLDER / flow_run).write_text(json.dumps(leader))
    if not flow_run.startswith(STARTING):
        (FOLDER / f"{STARTING}{os.getpid()}").unlink(missing_ok=True)


def led_by_nobody() -> Iterator[Path]:
    """The files of flow runs whose process has ended."""
    for path in sorted(FOLDER.glob("*-*")):
        try:
            leader = json.loads(path.read_text())
            alive = psutil.Process(leader["pid"]).create_time() == leader["began"]
        except (OSError, ValueError, KeyError, TypeError, psutil.Error):
            alive = False
        if not alive:
            yield path


def mark_crashed(say: Callable[[str], None]) -> None:
    """Tell Prefect of every one that it still takes for running; another server's are forgotten."""
    from prefect.client.orchestration import get_client
    from prefect.states import Crashed

    for path in led_by_nobody():
        with get_client(sync_client=True) as client:
            for found in _unfinished(client, path):
                message = "Its driver was killed; marked by the run that started next."
                client.set_flow_run_state(found.id, Crashed(message=message), force=True)
                say(f"{found.name} had been killed: marked as crashed in Prefect")
        path.unlink(missing_ok=True)


def _unfinished(client: Any, path: Path) -> list[Any]:
    """The flow run of that file if Prefect knows no end of it; of one that was starting, those that nobody leads."""
    from prefect.client.schemas import filters
    from prefect.exceptions import ObjectNotFound

    if path.name.startswith(STARTING):
        states = filters.FlowRunFilterStateType(any_=["RUNNING", "PENDING"])
        since = datetime.fromtimestamp(path.stat().st_mtime - 1, UTC)
        asked = filters.FlowRunFilter(
            state=filters.FlowRunFilterState(type=states),
            expected_start_time=filters.FlowRunFilterExpectedStartTime(after_=since),
        )
        found = client.read_flow_runs(flow_run_filter=asked)
        return [run for run in found if run.deployment_id is None and not (FOLDER / str(run.id)).exists()]
    try:
        run = client.read_flow_run(path.name)
    except ObjectNotFound:
        return []
    return [run] if run.state and not run.state.is_final() else []
