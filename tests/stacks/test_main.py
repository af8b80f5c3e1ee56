"""A module runs inside the environment of a lock, and its exit code is ours."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tasks.stacks", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_the_module_runs_in_the_stack_at_the_root_and_its_exit_code_is_passed_on(tmp_path: Path) -> None:
    lock = tmp_path / "training.lock"
    lock.write_text("six==1.17.0\n")
    done = run(str(lock), "-m", "site")
    assert done.returncode == 0 and str(tmp_path / "cache" / "stacks" / "training-") in done.stdout
    assert f"    '{ROOT}'," in done.stdout and "Building training" in done.stderr
    again = run(str(lock), "-m", "json.tool", "--no-such-option")
    assert again.returncode == 2 and "Building" not in again.stderr and "--no-such-option" in again.stderr


def test_mistakes_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "bad.lock").write_text("six>=1\n")
    bad = run(str(tmp_path / "bad.lock"), "-m", "site")
    assert bad.returncode == 2 and "'six>=1'" in bad.stderr and "Traceback" not in bad.stderr
    assert run("only.lock").returncode == 2
