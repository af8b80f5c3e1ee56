"""A process whose parent is killed ends too: real processes, real signals."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHILD = """
import os, sys, time
from tasks.environment import parent
if sys.argv[1] == "watch":
    parent._told_kernel, parent.WATCH_S = lambda by: False, 0.05
if sys.argv[1] == "late":
    os.kill(os.getppid(), 9)
    time.sleep(0.3)
parent.die_with_parent(int(sys.argv[2]))
print(os.getpid(), flush=True)
time.sleep(60)
"""
PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2], str(os.getpid())])
child.wait()
"""


def started(kind: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PARENT, CHILD, kind]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def ended(pid: int) -> bool:
    try:
        # Where nobody collects orphans, an ended process stays as a zombie.
        return ") Z" in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


@pytest.mark.parametrize("kind", ["kernel", "watch"])
def test_a_child_ends_when_its_parent_is_killed(kind: str) -> None:
    parent = started(kind)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert not ended(child)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 5
    while not ended(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert ended(child)


def test_a_child_whose_parent_ended_before_it_could_ask_ends_at_once() -> None:
    parent = started("late")
    said, _ = parent.communicate(timeout=10)
    assert said == "" and parent.returncode == -signal.SIGKILL


def test_a_child_whose_parent_lives_lives() -> None:
    program = (
        "import os; from tasks.environment.parent import die_with_parent; die_with_parent(os.getppid()); print('alive')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "alive\n") and os.getpid() != 0
