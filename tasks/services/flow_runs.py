"""Flow runs whose driver was killed: Prefect cannot know, so whoever starts next marks them as crashed.

A file per flow run, locked while its driver lives.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tasks.services.settings import STATE

FOLDER = STATE / "flow_runs"


@contextmanager
def running(flow_run: str) -> Iterator[None]:
    """Known as running while the block lives."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / flow_run
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def dead() -> Iterator[Path]:
    """Flow runs that nobody runs any more."""
    for path in sorted(FOLDER.glob("*-*")):
        with suppress(OSError), path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield path


def mark_crashed(say: Callable[[str], None]) -> None:
    """Tell Prefect of every dead one that it still takes for running."""
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound
    from prefect.states import Crashed

    for path in dead():
        with get_client(sync_client=True) as client, suppress(ObjectNotFound):  # of another server
            found = client.read_flow_run(path.name)  # type: ignore[arg-type]
            if found.state and not found.state.is_final():
                message = "Its driver was killed; marked by the run that started next."
                client.set_flow_run_state(found.id, Crashed(message=message), force=True)
                say(f"{found.name} had been killed: marked as crashed in Prefect")
        path.unlink(missing_ok=True)
