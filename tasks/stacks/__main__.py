"""Run a module inside the environment of a lock: `python -m tasks.stacks LOCKFILE -m MODULE ARGS…`.

The environment is built when it is not there. The module runs at the root of the repository, imports our packages
from there, and its exit code is ours; progress goes to standard error, standard output is the module's.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tasks.errors import Interrupted, TouchstoneError
from tasks.stacks import lock
from tasks.stacks.build import ensure
from tasks.stacks.installer import ROOT
from tasks.stacks.stack import Stack, environ


def main(arguments: Sequence[str]) -> int:
    """Becomes the module's process; returns an exit code only when it cannot."""
    if len(arguments) < 3 or arguments[1] != "-m":
        print("Usage: python -m tasks.stacks LOCKFILE -m MODULE ARGS…", file=sys.stderr)
        return 2
    try:
        stack = _provided(Path(arguments[0]))
    except TouchstoneError as mistake:
        print(mistake, file=sys.stderr)
        return mistake.exit_code
    except KeyboardInterrupt:
        return Interrupted.exit_code
    sys.stderr.flush()
    os.chdir(ROOT)
    return os.execve(stack.python, [str(stack.python), *arguments[1:]], environ(stack, ROOT))


def _provided(lock_file: Path) -> Stack:
    return ensure(lock.read(lock_file), lock_file.stem, lambda line: print(line, file=sys.stderr, flush=True))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
