"""The issuer: a process of its own that says when queries arrive, whatever the predictor does to its interpreter.

`python -m tasks.scenarios._issuer MEMORY PIPE CORES PARENT`: MEMORY and PIPE are file descriptors. The memory holds one
int64 for the beginning, n offsets, and n places for the times at which each query was announced, in ns of the monotonic
clock that all processes share. One byte in the pipe is one query.
"""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import sys
import time

from tasks.environment.parent import die_with_parent

SPIN_NS = 300_000  # a sleep wakes up this late at most, on a machine that is not overloaded
LEAD_NS = 20_000_000
PR_SET_TIMERSLACK = 29


def main(memory: int, pipe: int, cores: str, parent: int) -> None:
    """Announce every query at its time."""
    die_with_parent(parent)
    if cores:
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)  # 1 ns instead of 50 µs
    gc.disable()
    held = memoryview(mmap.mmap(memory, 0)).cast("q")
    n = (len(held) - 1) // 2
    begin = time.perf_counter_ns() + LEAD_NS
    held[0] = begin
    os.write(pipe, b"\0")  # ready
    clock, write, sleep = time.perf_counter_ns, os.write, time.sleep
    for i in range(n):
        due = begin + held[1 + i]
        left = due - clock()
        if left > SPIN_NS:
            sleep((left - SPIN_NS) / 1e9)
        while clock() < due:
            pass
        held[1 + n + i] = clock()
        write(pipe, b"\0")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
