"""File locks that the kernel gives back when their holder ends, however it ends. Lean: standard library, Python 3.9.

They hold against every other process and every other thread; the file itself may stay where it is.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(file: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[int]:
    """Hold ``file`` for the block; ``waiting`` is called once if another one holds it.

    Gives the file's descriptor: a child that inherits it holds the file too, even when its parent was killed.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as held:
        claim(held.fileno(), fcntl.LOCK_EX, waiting)
        yield held.fileno()


def claim(descriptor: int, kind: int, waiting: Callable[[], None]) -> None:
    """Lock an open file, shared or exclusive (``fcntl.LOCK_…``)."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting()
        fcntl.flock(descriptor, kind)
