"""Ctrl-C arrives, also where Python would lose the exception."""

import subprocess
import sys

import pytest

from tasks import ROOT

CODE = """
import logging, os, signal, time
from flows.foreground import interruptible
hook = "def press(): os.kill(os.getpid(), signal.SIGINT); time.sleep(0); print('whole')"
exec(compile(hook, {file}, "exec"))
interruptible()
os.register_at_fork(after_in_parent=press)
try:
    if os.fork() == 0: os._exit(0)
    time.sleep(5)
    print("lost")
except KeyboardInterrupt:
    print("arrived")
"""


@pytest.mark.parametrize(
    ("file", "said"),
    [("'hook.py'", "arrived\n"), ("logging.__file__", "whole\narrived\n")],
    ids=["the hook is broken off", "logging's hook is left to free its lock"],
)
def test_an_interrupt_in_a_forks_hook_arrives(file: str, said: str) -> None:
    command = [sys.executable, "-c", CODE.format(file=file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert done.stdout == said and done.stderr == ""


SWALLOWED = """
import os, signal, time
from flows import foreground
foreground.AGAIN_S = 0.3
foreground.interruptible()
try:
    os.kill(os.getpid(), signal.SIGINT); time.sleep(0.1)
except BaseException:
    pass
try:
    time.sleep(5)
    print("lost")
except KeyboardInterrupt:
    time.sleep(1)  # it is not interrupted
    print("arrived")
"""


def test_an_interrupt_that_was_swallowed_comes_again_and_does_not_disturb_who_ends_by_it() -> None:
    done = subprocess.run([sys.executable, "-c", SWALLOWED], cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert done.stdout == "arrived\n" and done.stderr == ""


AFTER = """
import os, signal, sys
from flows import cli
from flows.foreground import interruptible
def run(words):
    interruptible()
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt as error:
        raise {raised} from error
sys.argv = ["evaluate"]
sys.exit(cli.main("evaluate", run))
"""


def test_what_fails_after_an_interrupt_is_no_traceback() -> None:
    command = [sys.executable, "-c", AFTER.format(raised="AttributeError('half begun')")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (130, "Interrupted. What had not ended was not recorded.\n")


HANGS = """
import sys, threading
from flows import cli, foreground
from tasks.errors import Refused
foreground.LEAVE_S = 0.5
def drive():
    threading.Thread(target=threading.Event().wait).start()  # as a client whose server is away
    print("all of it")
    {ends}
sys.argv = ["evaluate"]
sys.exit(cli.main("evaluate", lambda words: foreground.led(drive)))
"""


@pytest.mark.parametrize(
    ("ends", "code", "said"),
    [("return 4", 4, ""), ("raise Refused('not so')", 2, "not so\n"), ("raise OSError('full')", 1, "Could not read")],
)
def test_a_driver_that_hangs_at_its_end_leaves_with_its_code_and_all_it_said(ends: str, code: int, said: str) -> None:
    command = [sys.executable, "-c", HANGS.format(ends=ends)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (code, "all of it\n") and done.stderr.startswith(said), done.stderr
