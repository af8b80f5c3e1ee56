"""The issuer: a process of its own that says when queries arrive, whatever the predictor does to its interpreter.

`python -m tasks.scenarios._issuer MEMORY PIPE CORES PARENT`: MEMORY and PIPE are file descriptors. The memory holds one
int64 for the beginning, n offsets, and n places for the times at which each query was announced, in ns of the monotonic
clock that all processes share. The first byte in the pipe says that it begins, and whether it has real-time priority,
each other one is a query.
"""

from __future__ import annotations

import gc
import mmap
import os
import sys
import time

from tasks.environment.parent import die_with_parent
from tasks.environment.timers import EXACT_NS, waits

SPIN_NS = {True: 60_000, False: 300_000}  # how late a sleep may wake up, with real-time priority and without
LEAD_NS = 20_000_000


def main(memory: int, pipe: int, cores: str, parent: int) -> None:
    """Announce every query at its time."""
    die_with_parent(parent)
    if cores:
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    waits(EXACT_NS)
    gc.disable()
    held = memoryview(mmap.mmap(memory, 0)).cast("q")
    n = (len(held) - 1) // 2
    begin = time.perf_counter_ns() + LEAD_NS
    held[0] = begin
    urgent = real_time()
    os.write(pipe, b"\1" if urgent else b"\0")  # ready
    spin = SPIN_NS[urgent]
    clock, write, sleep = time.perf_counter_ns, os.write, time.sleep
    for i in range(n):
        due = begin + held[1 + i]
        left = due - clock()
        if left > spin:
            sleep((left - spin) / 1e9)
        while clock() < due:
            pass
        held[1 + n + i] = clock()
        write(pipe, b"\0")


def real_time() -> bool:
    """Whether this process now comes before all ordinary ones on its core; not everyone may."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except (OSError, AttributeError):
        return False
    return True


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
