"""What the end of an evaluation needs, got ready while its untimed agents work; over before anything is timed."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Thread

from tasks.errors import TouchstoneError
from tasks.placement.turns import turn
from tasks.specs.protocol import Tracking
from tasks.tracking.store import client


@contextmanager
def ready(tracking: Tracking) -> Iterator[None]:
    """MLflow's store and pandera, in a thread beside the block, which waits for it at its end."""
    thread = Thread(target=_load, args=(tracking,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _load(tracking: Tracking) -> None:
    with turn(timed=False, say=lambda text: None), suppress(TouchstoneError):  # logging will say it
        import_module("tasks.schemas")
        client(tracking)
