"""`python -m tasks.services.prefect_server start …`: Prefect's own server, whose idle queue looks for work less often.

Its background work is a queue of docket in the server's own memory, which looks for work four times a second and for
cancellations ten times, and has no setting for either: most of what an idle server costs, beside what is being timed.
Prefect's schedules are loops of many seconds on top of it, and it cancels nothing there.
"""

import sys
from datetime import timedelta

import docket
from prefect.cli import app
from prefect.server.api import background_workers

LOOK, HEARTBEAT = timedelta(seconds=2), timedelta(seconds=30)


class Worker(docket.Worker):
    """Docket's worker with longer intervals."""

    def __init__(self, queue: docket.Docket) -> None:
        queue.heartbeat_interval = HEARTBEAT
        super().__init__(queue, minimum_check_interval=LOOK, scheduling_resolution=LOOK)

    async def _cancellation_listener(self) -> None:
        session = self._processing_session
        assert session is not None
        session.cancellation_ready.set()
        await session.stopping.wait()


def main(words: list[str]) -> None:
    """Prefect's command «server» with these words."""
    setattr(background_workers, "Worker", Worker)  # noqa: B010  (it is no name that the module exports)
    sys.argv = ["prefect", "server", *words]
    app()


if __name__ == "__main__":
    main(sys.argv[1:])
