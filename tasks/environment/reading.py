"""Reading the kernel's small files so that nothing raises: a value, or the word "unreadable".

Paths go in relative to ROOT, which tests point at a folder of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

UNREADABLE = "unreadable"
ROOT = Path("/")


def text(path: str) -> str:
    """What the file holds, stripped, or "unreadable"; an empty file says nothing and is unreadable too."""
    try:
        return (ROOT / path).read_text(encoding="utf-8", errors="replace").strip("\0 \n") or UNREADABLE
    except (OSError, ValueError):
        return UNREADABLE


def number(path: str) -> Any:
    """The file as an integer, or "unreadable"."""
    return guarded(lambda: int(text(path)))


def paths(pattern: str) -> list[Path]:
    """The paths that match, numbered ones in the order of their numbers: cpu2 before cpu10."""
    found = guarded(lambda: list(ROOT.glob(pattern)))
    if found == UNREADABLE:
        return []
    return sorted(found, key=lambda path: [int(part) for part in re.findall(r"\d+", str(path.relative_to(ROOT)))])


def below(path: Path, name: str) -> str:
    """A file inside a path that `paths` gave."""
    return text(str((path / name).relative_to(ROOT)))


def fields(content: str) -> dict[str, str]:
    """Lines of `name: value`, as in /proc/meminfo and /proc/self/status."""
    pairs = (line.partition(":") for line in content.splitlines())
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def guarded(read: Callable[[], Any]) -> Any:
    """What `read` returns, or "unreadable" whatever it raises: a description of a host must not end a measurement."""
    try:
        return read()
    except Exception:
        return UNREADABLE
