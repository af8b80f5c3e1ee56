"""The process that waits for Ray's: it ends with the first of those it needs, and asks all when it is asked."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tasks import ROOT

CODE = """
import os, subprocess, sys
from pathlib import Path
from tasks.services import ray_head
needed = [subprocess.Popen([Path(name).absolute(), "60"]) for name in ray_head.NEEDED]
other = subprocess.Popen(["true"])
print(*(p.pid for p in needed), flush=True)
ray_head.wait(None)
"""


@pytest.fixture
def head(tmp_path: Path) -> tuple[psutil.Process, list[psutil.Process]]:
    """The waiting process, and two that sleep under the names of Ray's."""
    sleep = Path("/bin/sleep").read_bytes()
    for name in ("gcs_server", "raylet"):
        (tmp_path / name).write_bytes(sleep)
        (tmp_path / name).chmod(0o755)
    path = {"PYTHONPATH": str(ROOT)}
    begun = subprocess.Popen([sys.executable, "-c", CODE], cwd=tmp_path, env=path, stdout=subprocess.PIPE, text=True)
    assert begun.stdout
    return psutil.Process(begun.pid), [psutil.Process(int(pid)) for pid in begun.stdout.readline().split()]


def _running(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_it_waits_as_a_small_process_and_ends_with_the_first_that_it_needs(
    head: tuple[psutil.Process, list[psutil.Process]],
) -> None:
    waiting, needed = head
    with pytest.raises(psutil.TimeoutExpired):
        waiting.wait(1)
    assert waiting.memory_info().rss < 20e6 and waiting.num_threads() == 1
    needed[1].kill()
    assert waiting.wait(5) == 0
    needed[0].kill()


def test_asked_to_end_it_asks_all_and_waits_for_them(head: tuple[psutil.Process, list[psutil.Process]]) -> None:
    waiting, needed = head
    with pytest.raises(psutil.TimeoutExpired):
        waiting.wait(1)
    waiting.terminate()
    assert waiting.wait(5) == 0
    assert not [process for process in needed if _running(process)]
