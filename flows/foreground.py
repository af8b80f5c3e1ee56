"""Ctrl-C in order: the driver in a session of its own, and a parent in the terminal that passes signals on.

A terminal interrupts a whole process group. Prefect's and Ray's processes would end before the driver could tell them
what happened, and the driver would wait for them in vain; here the driver alone is told, and ends them.
"""

import os
import signal
import sys
from typing import Any

from tasks.environment.parent import die_with_parent

PATIENCE_S = 30


def forked() -> int | None:
    """None in the driver, which goes on; in the parent, the exit code of the driver, once it has ended."""
    parent = os.getpid()
    driver = os.fork()
    if driver == 0:
        os.setsid()
        die_with_parent(parent, signal.SIGTERM)
        return None
    return _waited(driver)


def _waited(driver: int) -> int:
    told = False

    def interrupt(*_: Any) -> None:
        nonlocal told
        if told:
            os.killpg(driver, signal.SIGKILL)
            return
        told = True
        print("Interrupted: ending what runs; once more kills it.", file=sys.stderr, flush=True)
        os.kill(driver, signal.SIGINT)
        signal.alarm(PATIENCE_S)

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(driver, signal.SIGTERM))
    signal.signal(signal.SIGALRM, interrupt)
    code = os.waitstatus_to_exitcode(os.waitpid(driver, 0)[1])
    signal.alarm(0)
    _end_session(driver)
    return 130 if told else 128 - code if code < 0 else code


def _end_session(driver: int) -> None:
    """Whatever the driver left behind in its group."""
    try:
        os.killpg(driver, signal.SIGKILL)
    except ProcessLookupError:
        pass
