"""`python -m tasks.services.prefect_server start …`: Prefect's own server, whose idle queue looks for work less often.

Its background work is a queue of docket, which looks four times a second and has no setting for it: most of what an
idle server costs, beside what is being timed. Schedules are kept by loops of many seconds on top of it.
"""

import sys
from datetime import timedelta

import docket
from prefect.cli import app
from prefect.server.api import background_workers

LOOK = timedelta(seconds=5)


class Worker(docket.Worker):
    """Docket's worker with longer intervals."""

    def __init__(self, queue: docket.Docket) -> None:
        super().__init__(queue, minimum_check_interval=LOOK, scheduling_resolution=LOOK)


def main(words: list[str]) -> None:
    """Prefect's command «server» with these words."""
    background_workers.Worker = Worker  # type: ignore[misc]
    app(["server", *words])


if __name__ == "__main__":
    main(sys.argv[1:])
