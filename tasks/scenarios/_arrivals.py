"""Waiting for the next query of a schedule: for the issuer's word, or by moving a simulated clock.

In: a `System` and offsets in ns. Out: a function from a query's number to (scheduled, issued), which returns when the
query has arrived. What the scenario decides from it is one code for both kinds of time.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import subprocess
import sys
from array import array
from contextlib import contextmanager
from typing import Callable, Iterator

from tasks.errors import TouchstoneError
from tasks.scenarios.base import Log, System

Arrival = Callable[[int], "tuple[int, int]"]
SET_PIPE_SIZE = 1031  # Linux's F_SETPIPE_SZ, which Python names since 3.10
PIPE_BYTES = 1 << 20


@contextmanager
def arrivals(system: System, log: Log, offsets: array[int]) -> Iterator[Arrival]:
    """The arrivals of one schedule, begun now; ``log.facts["issuer"]`` says on which cores, with which priority."""
    if system.wait_until is not None:
        log.facts["issuer"] = {"priority": "simulated"}
        yield _simulated(system, system.wait_until, offsets)
        return
    cores = free_cores(system.cpus)
    with _issued(cores, offsets) as (arrival, priority):
        log.facts["issuer"] = {"cores": cores, "priority": priority}
        yield arrival


def free_cores(reserved: tuple[int, ...]) -> list[int]:
    """Cores of this machine that nobody reserved; [] when there is none."""
    return sorted(set(range(os.cpu_count() or 1)) - set(reserved)) if reserved else []


def _simulated(system: System, wait_until: Callable[[int], None], offsets: array[int]) -> Arrival:
    begin = system.clock()

    def arrival(i: int) -> tuple[int, int]:
        at = begin + offsets[i]
        wait_until(at)
        return at, at

    return arrival


@contextmanager
def _issued(cores: list[int], offsets: array[int]) -> Iterator[tuple[Arrival, str]]:
    n = len(offsets)
    memory = os.memfd_create("schedule")
    os.ftruncate(memory, 8 * (2 * n + 1))
    held = memoryview(mmap.mmap(memory, 0)).cast("q")
    held[1 : n + 1] = memoryview(offsets)
    reading, writing = os.pipe()
    _widen(writing)
    command = [sys.executable, "-m", "tasks.scenarios._issuer", str(memory), str(writing)]
    command += [",".join(map(str, cores)), str(os.getpid())]
    issuer = subprocess.Popen(command, pass_fds=(memory, writing), stdin=subprocess.DEVNULL)
    os.close(writing)
    try:
        ready = os.read(reading, 1)
        if not ready:
            raise TouchstoneError("The issuer of queries did not start.")
        yield _announced(reading, held, n), "real time" if ready == b"\1" else "ordinary"
    finally:
        issuer.kill()
        issuer.wait()
        os.close(reading)
        os.close(memory)


def _announced(pipe: int, held: memoryview, n: int) -> Arrival:
    begin, announced, read = held[0], 0, os.read

    def arrival(i: int) -> tuple[int, int]:
        nonlocal announced
        while announced <= i:
            said = len(read(pipe, 65536))
            if not said:
                raise TouchstoneError("The issuer of queries ended before the schedule.")
            announced += said
        return begin + held[1 + i], held[1 + n + i]

    return arrival


def _widen(pipe: int) -> None:
    """Room for a million queries that nobody has taken yet, where the system allows it."""
    try:
        fcntl.fcntl(pipe, SET_PIPE_SIZE, PIPE_BYTES)
    except OSError:
        pass
