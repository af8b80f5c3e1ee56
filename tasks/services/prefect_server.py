"""`python -m tasks.services.prefect_server start …`: Prefect's own server, which looks for work less often when idle.

Its background work is a queue of docket in the server's own memory, which looks for work four times a second and for
cancellations ten times, and has no setting for either: most of what an idle server costs, beside what is being timed.
Prefect's schedules are loops of many seconds on top of it, and it cancels nothing there. Uvicorn wakes ten times a
second to see whether it is to end; here once. Automations are read anew every five seconds; here every minute.
"""

import asyncio
import sys
from datetime import timedelta

import docket
import uvicorn
from prefect.cli import app
from prefect.server.api import background_workers
from prefect.server.events import triggers

from tasks.environment.timers import LATE_NS, waits

LOOK, HEARTBEAT = timedelta(seconds=10), timedelta(seconds=60)
MINUTE = timedelta(minutes=1)
evaluate_periodically = triggers.evaluate_periodically


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


async def seldom(_: timedelta) -> None:
    """Prefect's evaluation of automations, by the minute."""
    await evaluate_periodically(MINUTE)


async def main_loop(server: uvicorn.Server) -> None:
    """Uvicorn's, by the second: its own counts tenths."""
    tenths = 0
    while not await server.on_tick(tenths):
        tenths += 10
        await asyncio.sleep(1)


def main(words: list[str]) -> None:
    """Prefect's command «server» with these words."""
    waits(LATE_NS)
    setattr(background_workers, "Worker", Worker)  # noqa: B010  (it is no name that the module exports)
    setattr(triggers, "evaluate_periodically", seldom)  # noqa: B010
    setattr(uvicorn.Server, "main_loop", main_loop)  # noqa: B010
    sys.argv = ["prefect", "server", *words]
    app()


if __name__ == "__main__":
    main(sys.argv[1:])
