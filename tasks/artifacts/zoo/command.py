"""A command of the zoo in an environment of its own: paths in, a mistake as one line and an exit code."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tasks.errors import TouchstoneError


def ended(arguments: Sequence[str], usage: str, do: Callable[..., object]) -> int:
    """Call ``do`` with the paths; 0, or the mistake's exit code. ``usage``: the module, and a word for each path."""
    if len(arguments) != len(usage.split()) - 1:
        print(f"Usage: python -m {usage}", file=sys.stderr)
        return 2
    try:
        do(*map(Path, arguments))
    except TouchstoneError as mistake:
        print(mistake, file=sys.stderr)
        return mistake.exit_code
    return 0
