"""Whose turn it is, with real processes."""

import subprocess
import sys
import time
from pathlib import Path

from tasks.placement.turns import turn

HOLD = (
    "import sys, time; from pathlib import Path; from tasks.placement.turns import turn\n"
    "with turn(sys.argv[2] == 'timed', print, Path(sys.argv[1])):\n"
    "    print('in', flush=True); time.sleep(60)\n"
)


def holder(folder: Path, kind: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder), kind], stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "in\n"
    return process


def try_turn(folder: Path, kind: str, seconds: float = 1.5) -> bool:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder), kind], stdout=subprocess.PIPE, text=True)
    time.sleep(seconds)
    process.kill()
    assert process.stdout
    return "in\n" in process.stdout.readlines()


def test_untimed_parts_overlap_and_keep_timed_ones_out(tmp_path: Path) -> None:
    held = holder(tmp_path, "untimed")
    assert try_turn(tmp_path, "untimed")
    assert not try_turn(tmp_path, "timed")
    held.kill()


def test_a_timed_part_is_alone_and_its_death_gives_the_machine_back(tmp_path: Path) -> None:
    held = holder(tmp_path, "timed")
    assert not try_turn(tmp_path, "timed") and not try_turn(tmp_path, "untimed")
    held.kill()
    held.wait()
    with turn(True, print, tmp_path) as waited_s:
        assert waited_s < 1


def test_a_waiting_timed_part_is_not_starved_by_untimed_ones(tmp_path: Path) -> None:
    held = holder(tmp_path, "untimed")
    waiting = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path), "timed"], stdout=subprocess.PIPE, text=True)
    time.sleep(1)
    assert not try_turn(tmp_path, "untimed"), "an untimed part went past the waiting timed one"
    held.kill()
    waiting.kill()
