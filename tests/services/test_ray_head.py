"""The process that waits for Ray's: it ends with the first of those it needs, and asks all when it is asked."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tasks import ROOT
from tasks.environment.timers import LATE_NS, USUAL_NS

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


STARTS = """
import sys
from pathlib import Path
from tasks.services import ray_head
look = "import sys; print(open('/proc/self/timerslack_ns').read(), sys.argv[1])"
word = f"--python_worker_command=python {ray_head.WORKER[0]} --language=PYTHON"
with open("heard", "w") as file:
    ray_head.late([sys.executable, "-c", look, word], "looks", fate_share=False, stdout_file=file).process.wait()
print(Path("/proc/self/timerslack_ns").read_text(), Path("heard").read_text())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has timer slack")
def test_what_it_starts_may_wait_late_and_its_workers_are_ours(tmp_path: Path) -> None:
    words, path = [sys.executable, "-c", STARTS], {"PYTHONPATH": str(ROOT)}
    said = subprocess.run(words, cwd=tmp_path, env=path, stdout=subprocess.PIPE, text=True, check=True).stdout
    own, late, *command = said.split()
    assert (int(own), int(late)) == (USUAL_NS, LATE_NS)
    worker = f"{ROOT}/tasks/services/ray_worker.py"
    assert command == ["--python_worker_command=python", worker, "--language=PYTHON"]


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


def test_asked_to_end_it_asks_one_after_the_other_and_waits_for_the_last(
    head: tuple[psutil.Process, list[psutil.Process]],
) -> None:
    waiting, (raylet, gcs) = head
    with pytest.raises(psutil.TimeoutExpired):
        waiting.wait(1)
    raylet.suspend()
    while raylet.status() != psutil.STATUS_STOPPED:  # of two signals that wait the kernel hands on the lower number
        time.sleep(0.01)
    waiting.terminate()
    with pytest.raises(psutil.TimeoutExpired):
        waiting.wait(1)
    assert _running(raylet) and _running(gcs), "a raylet whose head is ending waits for it forever"
    raylet.resume()
    assert waiting.wait(5) == 0
    assert not _running(raylet) and not _running(gcs)
