"""A measuring process must not outlive the one that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1
WATCH_S = 1.0


def die_with_parent(pid: int, by: int = signal.SIGKILL) -> None:
    """End this process, by this signal, when its parent `pid` has ended; at once when that has happened already.

    On Linux the kernel does it, and it looks at the *thread* that started this process: that one has to wait for it.
    Elsewhere a thread looks once a second.
    """
    if not _told_kernel(by):
        threading.Thread(target=_watch, args=(pid, by), daemon=True, name="watch-parent").start()
    # The parent may have ended before the kernel was told.
    _end_without(pid, by)


def _told_kernel(by: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        return bool(ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(by), 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def _watch(pid: int, by: int) -> None:
    while True:
        _end_without(pid, by)
        time.sleep(WATCH_S)


def _end_without(pid: int, by: int) -> None:
    if os.getppid() != pid:
        os.kill(os.getpid(), by)
