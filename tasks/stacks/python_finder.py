"""The interpreter for a version such as "3.11": the running one, one on PATH, one of pyenv's, or one that uv knows.

Nothing is downloaded. Every candidate is asked for its version: a pyenv shim on PATH may stand for nothing.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tasks.errors import BuildFailed
from tasks.stacks.installer import uv_binary
from tasks.stacks.lock import OLDEST, RUNNING

MINORS = range(OLDEST, 30)


def find(version: str) -> Path:
    """An interpreter of this major.minor version; BuildFailed lists those that are there."""
    for candidate in _candidates(version):
        if candidate == Path(sys.executable) or _version(candidate) == version:
            return candidate
    there = ", ".join(available())
    raise BuildFailed(f"There is no Python {version} here; there are {there}. Install it, or ask for one of these.")


def available() -> list[str]:
    """The versions that `find` finds, oldest first."""
    found = {RUNNING} | {path.name.removeprefix("python") for path in _pyenv("3.*")}
    for version in (f"3.{minor}" for minor in MINORS):
        if version not in found and (path := shutil.which(f"python{version}")) and _version(Path(path)) == version:
            found.add(version)
    return sorted(found | _known_to_uv(), key=lambda version: int(version.partition(".")[2]))


def _candidates(version: str) -> Iterator[Path]:
    if version == RUNNING:
        yield Path(sys.executable)
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    yield from _pyenv(version)
    if found := _uv("python", "find", "--no-python-downloads", version):
        yield Path(found)


def _pyenv(version: str) -> list[Path]:
    """pyenv puts a shim for every version on PATH and refuses to run those that are not switched on."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = sorted(root.glob(f"versions/3.*/bin/python{version}"), reverse=True)
    return [path for path in found if path.name.removeprefix("python3.") in {str(minor) for minor in MINORS}]


def _known_to_uv() -> set[str]:
    listing = _uv("python", "list", "--only-installed", "--no-python-downloads", "--output-format", "json")
    parts = [entry["version_parts"] for entry in json.loads(listing or "[]")]
    return {f"3.{part['minor']}" for part in parts if part["major"] == 3 and part["minor"] in MINORS}


def _uv(*arguments: str) -> str:
    done = subprocess.run([uv_binary(), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _version(python: Path) -> str:
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
