"""Every test has a cache of its own; the programs that tests start in other processes are written here."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ENSURE = """
import sys
from tasks.errors import TouchstoneError
from tasks.stacks.build import ensure
from tasks.stacks.lock import Lock, RUNNING
try:
    stack = ensure(Lock(RUNNING, tuple(sys.argv[2:])), sys.argv[1], lambda line: print(line, flush=True))
except TouchstoneError as mistake:
    sys.exit(str(mistake))
print("built" if stack.seconds is not None else "found", flush=True)
"""


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOUCHSTONE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "stacks"


@pytest.fixture
def asking() -> Callable[..., "subprocess.Popen[str]"]:
    """Start a process that asks for a stack of this name and these packages."""

    def start(name: str, *packages: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", ENSURE, name, *packages]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start
