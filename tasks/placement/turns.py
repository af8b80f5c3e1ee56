"""Whose turn it is on this machine: timed parts run alone, untimed parts beside each other, never beside a timed one.

A pair of file locks that the kernel releases when their holder dies, shared by every run of every clone and user on
the machine. Whoever waits holds the gate, so a timed part is not starved by a stream of untimed ones.
"""

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from tasks.locks import claim

T = TypeVar("T")
FOLDER = Path(tempfile.gettempdir()) / "touchstone-turns"


@contextmanager
def turn(timed: bool, say: Callable[[str], None], folder: Path = FOLDER) -> Iterator[float]:
    """Hold the machine, alone (``timed``) or shared; yields the seconds that were waited."""
    waiting = partial(say, "waiting: another evaluation is being timed on this machine")
    begin = time.monotonic()
    gate, place = _open(folder, "gate"), _open(folder, "place")
    try:
        claim(gate, fcntl.LOCK_EX, waiting)
        claim(place, fcntl.LOCK_EX if timed else fcntl.LOCK_SH, waiting)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield time.monotonic() - begin
    finally:
        os.close(place)
        os.close(gate)


def _open(folder: Path, name: str) -> int:
    old = os.umask(0)  # every user of the machine takes part
    try:
        folder.mkdir(mode=0o1777, parents=True, exist_ok=True)
        return os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o666)
    finally:
        os.umask(old)


def untimed(function: Callable[..., T], *args: object, say: Callable[[str], None]) -> T:
    """Call an untimed part in its turn: beside others of its kind, never beside a timed one."""
    with turn(timed=False, say=say):
        return function(*args, say=say)
