"""Flow runs whose driver was killed: Prefect cannot know, so whoever starts next marks them as crashed.

A file per flow run, with the process that leads it. It outlives the flow, because a driver can be killed, or its server
away, before Prefect was told of the end; the next start looks and takes it away.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from tasks.services.settings import STATE

FOLDER = STATE / "flow_runs"


def running(flow_run: str) -> None:
    """Note that this process leads it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    leader = {"pid": os.getpid(), "began": psutil.Process().create_time()}
    (FOLDER / flow_run).write_text(json.dumps(leader))


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
    from prefect.exceptions import ObjectNotFound
    from prefect.states import Crashed

    for path in led_by_nobody():
        with get_client(sync_client=True) as client:
            try:
                found = client.read_flow_run(path.name)  # type: ignore[arg-type]
                if found.state and not found.state.is_final():
                    message = "Its driver was killed; marked by the run that started next."
                    client.set_flow_run_state(found.id, Crashed(message=message), force=True)
                    say(f"{found.name} had been killed: marked as crashed in Prefect")
            except ObjectNotFound:
                pass
        path.unlink(missing_ok=True)
