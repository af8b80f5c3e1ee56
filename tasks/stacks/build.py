"""A lock becomes a stack: found in the cache, or built there once, however many processes ask at the same time.

A Lock and a name go in, a Stack comes out, or BuildFailed with the requirement at fault and nothing left behind.
"""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tasks.errors import BuildFailed, Refused
from tasks.stacks import cache, completeness, python_finder
from tasks.stacks.installer import install, uv_binary, uv_environment
from tasks.stacks.lock import Lock, canonical
from tasks.stacks.relay import reason, relay
from tasks.stacks.stack import Stack

__all__ = ["Stack", "ensure"]

FULL = re.compile(r"No space left on device|os error 28|Disk quota exceeded", re.IGNORECASE)
LONGEST = 500
INSTALLED = (
    "import importlib.metadata, json; found = list(importlib.metadata.distributions()); "
    "print(json.dumps({d.metadata['Name']: d.version for d in found if d.metadata['Name']}))"
)


def ensure(lock: Lock, name: str, say: Callable[[str], None] = print) -> Stack:
    """The environment of this lock, built if it is not in the cache; `say` hears of everything that takes long."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise Refused(f"A stack cannot be called {name!r}: letters, digits, dots, dashes and underscores only.")
    if found := present(lock, name):
        return found
    folder = _folder(lock, name)
    try:
        with cache.alone(folder, lambda: say(f"Another process is building {name}: waiting for it …")) as held:
            return cache.built(folder) or _build(lock, name, folder, say, held)
    except OSError as error:
        why = _explained(f"{error} (os error {error.errno})", folder, lock)
        raise BuildFailed(f"{name} for Python {lock.python} cannot be built: {why}") from error


def present(lock: Lock, name: str) -> Stack | None:
    """The environment of this lock if it is in the cache already."""
    return cache.built(_folder(lock, name))


def _folder(lock: Lock, name: str) -> Path:
    return cache.root() / f"{name}-{lock.key}"


def _build(lock: Lock, name: str, folder: Path, say: Callable[[str], None], held: int) -> Stack:
    """Build in place, for an environment does not move; whatever happens, only a marked folder stays."""
    started = time.monotonic()
    say(f"Building {name} for Python {lock.python}: {_counted(len(lock.packages))} …")
    try:
        cache.clear(folder)
        _fill(lock, folder, say, held)
        python = folder / "bin" / "python"
        stack = Stack(name, lock.key, python, folder, _installed(python), time.monotonic() - started)
        cache.mark(stack)
    except BaseException as error:
        cache.clear(folder)
        if isinstance(error, BuildFailed):
            raise BuildFailed(f"{name} for Python {lock.python} cannot be built: {error}") from None
        raise
    say(f"… {name} ready in {stack.seconds:.1f} s")
    return stack


def _counted(packages: int) -> str:
    return "1 package" if packages == 1 else f"{packages} packages"


def _fill(lock: Lock, folder: Path, say: Callable[[str], None], held: int) -> None:
    interpreter = python_finder.find(lock.python)
    create = [uv_binary(), "venv", "--quiet", "--no-project", "--no-python-downloads", "--python", str(interpreter)]
    if why := relay([*create, str(folder)], uv_environment({}), say, [held]):
        raise BuildFailed(_explained(why, folder, lock))
    python = str(folder / "bin" / "python")
    _require_whole(python, folder, lock)
    if lock.packages and (why := install(python, lock.packages, say, [held])):
        raise BuildFailed(_explained(why, folder, lock))
    _check(python)


def _require_whole(python: str, folder: Path, lock: Lock) -> None:
    """A lock that contradicts itself or lacks a line is refused before its packages are downloaded."""
    answer = completeness.asked(python, lock.packages)
    if answer.contradiction:
        raise BuildFailed(f"{_explained(answer.contradiction, folder, lock)} Correct these lines.")
    if answer.lacks:
        raise BuildFailed(completeness.incomplete(answer.lacks))


def _check(python: str) -> None:
    """What is installed is whole: where the resolver could not be asked, this is the first to see that it is not."""
    command = [uv_binary(), "pip", "check", "--python", python]
    done = subprocess.run(command, env=uv_environment({}), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        found = [line.strip() for line in done.stderr.splitlines() if line.startswith("The package ")]
        said = "; ".join(found).replace("`", "") or reason(done.stderr)
        raise BuildFailed(f"its lock is not complete or contradicts itself. {said}. Add or change these lines.")


def _installed(python: Path) -> dict[str, str]:
    done = subprocess.run([python, "-I", "-c", INSTALLED], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildFailed(f"its Python does not start: {done.stderr.strip()[-LONGEST:]}")
    return dict(sorted(json.loads(done.stdout).items()))


def _explained(why: str, folder: Path, lock: Lock) -> str:
    """uv's reason as a sentence that begins with the requirement at fault."""
    if FULL.search(why):
        place = next(parent for parent in folder.parents if parent.is_dir())
        free = f"{shutil.disk_usage(place).free / 1e9:.2f} GB are left where {place} is"
        return f"the disk is full, {free}. Free some, or set TOUCHSTONE_CACHE to a folder elsewhere."
    culprits = at_fault(why, lock.packages)
    short = why if len(why) <= LONGEST else f"{why[:LONGEST]} …"
    return f"{', '.join(culprits)}: {short}" if culprits else short


def at_fault(why: str, packages: Sequence[str]) -> list[str]:
    """The lines of the lock that uv's reason names: with their version, else at least by name."""
    words = set(re.findall(r"[\w.!+=-]*\w", why))
    exact = {f"{canonical(word)}=={word.partition('==')[2]}" for word in words if "==" in word}
    named = {canonical(word) for word in words}
    by_version = [line for line in packages if f"{canonical(line)}=={line.partition('==')[2]}" in exact]
    return by_version or [line for line in packages if canonical(line) in named]
