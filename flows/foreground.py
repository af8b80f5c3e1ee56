"""Ctrl-C in order: the driver in a session of its own, and a parent in the terminal that passes signals on.

A terminal interrupts a whole process group. Prefect's and Ray's processes would end before the driver could tell them
what happened, and the driver would wait for them in vain; here the driver alone is told, and ends them.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from tasks.environment.parent import die_with_parent

PATIENCE_S, LEAVE_S = 30, 15
MOMENT_S, AGAIN_S = 0.05, 2.0
_told: list[bool] = []  # that this process was interrupted


def interrupted() -> bool:
    """Whether Ctrl-C has come; what fails after it may carry any other exception."""
    return bool(_told)


def led(work: Callable[[], int]) -> int:
    """The exit code of ``work``, which a driver does; in the parent, once the driver has ended."""
    parent = os.getpid()
    driver = os.fork()
    if driver != 0:
        return _waited(driver)
    os.setsid()
    die_with_parent(parent, signal.SIGTERM)
    interruptible()
    try:
        code = work()
    except BaseException as error:
        _leave(130 if interrupted() else getattr(error, "exit_code", 1))
        raise
    _leave(code)
    return code


def _leave(code: int) -> None:
    """Everything is said and written. What Prefect's client still wants to tell a server that is away can wait."""
    _once_more(0)
    with suppress(OSError):  # nobody reads it any more
        sys.stdout.flush()
    last = threading.Timer(LEAVE_S, os._exit, [code])
    last.daemon = True
    last.start()


def interruptible() -> None:
    """SIGINT becomes a KeyboardInterrupt that arrives.

    Python ignores what is raised in a finalizer or a fork's hook, and logging's hook would keep its lock: there the
    interrupt comes once more, a moment later. So it does where nobody is about to end by it after a while: one in a
    hundred is swallowed by what Ray calls as it connects.
    """

    def interrupt(_: int, frame: FrameType | None) -> None:
        _told.append(True)
        if frame and frame.f_code.co_filename == logging.__file__:
            _once_more()
            return
        _once_more(AGAIN_S)
        if not _ending():
            raise KeyboardInterrupt

    def ignored(what: Any) -> None:
        if issubclass(what.exc_type, KeyboardInterrupt):
            _once_more()
        else:
            sys.__unraisablehook__(what)

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGALRM, interrupt)
    sys.unraisablehook = ignored


def _ending() -> bool:
    """Whether what is done now is done because of a KeyboardInterrupt, or of what has become of one."""
    error = sys.exc_info()[1]
    while error and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _once_more(seconds: float = MOMENT_S) -> None:
    signal.setitimer(signal.ITIMER_REAL, seconds)


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
