"""Where stacks are kept: one folder per name and key, counted as built only once it holds its marker.

Folders go in and out; a marker is written last and in one step. Knows nothing of how a stack is built.
"""

import json
import os
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tasks import locks
from tasks.errors import Refused
from tasks.stacks.stack import Stack

MARKER = "ready.json"


@dataclass(frozen=True)
class Entry:
    """A built stack as it lies on the disk; ages in seconds, `idle_s` since it was last asked for."""

    stack: Stack
    size_bytes: int
    age_s: float
    idle_s: float


def base() -> Path:
    """The user's cache: TOUCHSTONE_CACHE, else ~/.cache/touchstone."""
    return Path(os.environ.get("TOUCHSTONE_CACHE") or Path.home() / ".cache" / "touchstone").expanduser().absolute()


def root() -> Path:
    """The folder of all stacks."""
    return base() / "stacks"


def built(folder: Path) -> Stack | None:
    """The stack in this folder, or None unless it was built to its end and its Python still starts from there."""
    if (found := _read(folder)) is None or not found.python.exists():
        return None
    # The marker's own time is when the stack was last asked for; a shared cache may be read-only.
    with suppress(OSError):
        os.utime(folder / MARKER)
    return found


def mark(stack: Stack) -> None:
    """Write the marker that makes this folder count as built."""
    content = {**asdict(stack), "python": str(stack.python), "folder": str(stack.folder), "built_at": time.time()}
    draft = stack.folder / f"{MARKER}.{os.getpid()}"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(stack.folder / MARKER)


def clear(folder: Path) -> None:
    """Remove a folder; the marker goes first, so that nothing half-removed counts as built."""
    (folder / MARKER).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def alone(folder: Path, waiting: Callable[[], None]) -> AbstractContextManager[int]:
    """Hold this folder, by a file beside it, which the folder's removal spares."""
    return locks.alone(folder.parent / ".locks" / folder.name, waiting)


def inventory() -> list[Entry]:
    """Every built stack with its size and age, the longest unused first."""
    entries = [_entry(marker.parent) for marker in root().glob(f"*/{MARKER}")]
    return sorted((entry for entry in entries if entry is not None), key=lambda entry: -entry.idle_s)


def remove(key: str) -> list[Path]:
    """Remove the stacks of this key (or `name-key`) and return their folders; Refused when there is none."""
    folders = [entry.stack.folder for entry in inventory() if key in (entry.stack.key, entry.stack.folder.name)]
    if not folders:
        there = ", ".join(entry.stack.folder.name for entry in inventory()) or "none"
        raise Refused(f"There is no stack {key!r} in {root()}; there are: {there}.")
    for folder in folders:
        with alone(folder, lambda: None):
            clear(folder)
    return folders


def _entry(folder: Path) -> Entry | None:
    try:
        content = _content(folder)
        now, used = time.time(), (folder / MARKER).stat().st_mtime
        stack = _stack(folder, content)
        return Entry(stack, _size_bytes(folder), now - float(content["built_at"]), max(0.0, now - used))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _read(folder: Path) -> Stack | None:
    try:
        return _stack(folder, _content(folder))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _content(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / MARKER).read_text(encoding="utf-8")))


def _stack(folder: Path, content: dict[str, Any]) -> Stack:
    return Stack(content["name"], content["key"], folder / "bin" / "python", folder, dict(content["installed"]), None)


def _size_bytes(folder: Path) -> int:
    """Bytes of its files, each file once; those that uv's cache shares by hard link are counted too."""
    files = (Path(base, name).lstat() for base, _, names in os.walk(folder) for name in names)
    return sum({(file.st_dev, file.st_ino): file.st_size for file in files}.values())
