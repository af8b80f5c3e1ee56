"""A stack: one software environment that is there, and what is really installed in it."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Stack:
    """`seconds` is what building it took just now, None when it was there already; `installed` has local versions."""

    name: str
    key: str
    python: Path
    folder: Path
    installed: dict[str, str]
    seconds: float | None


def environ(stack: Stack, root: Path) -> dict[str, str]:
    """The environment variables for a process of this stack that imports our packages from `root` and nothing else."""
    ours = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "__PYVENV_LAUNCHER__")}
    path = os.pathsep.join([str(stack.python.parent), os.environ.get("PATH", os.defpath)])
    return {**ours, "PYTHONPATH": str(root), "VIRTUAL_ENV": str(stack.folder), "PATH": path}
