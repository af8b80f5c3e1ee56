"""Finding plug-ins by file name, and the marks their signatures may carry.

A plug-in is a module in a folder of one kind (`tasks/scenarios`, `tasks/predictors`, …), or one of somebody else's
whose distribution names it as an entry point of the group `touchstone.<kind>`; nothing lists them. What one accepts is
the keyword-only part of a signature: the specification reads it (`tasks/specs/signatures.py`).
Lean: standard library only, Python 3.9.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
from functools import cache
from importlib import metadata
from types import ModuleType
from typing import Any, Collection, Optional

from tasks.errors import Refused

SHOWN = 30  # names that a sentence holds


class Range:
    """A bound on a number in a signature: ``Annotated[int, Range(gt=0)]``."""

    def __init__(self, gt: float | None = None, ge: float | None = None, le: float | None = None) -> None:
        self.gt, self.ge, self.le = gt, ge, le


def names(package: str) -> list[str]:
    """The plug-ins of a package, sorted; `base` and names with a leading underscore are none."""
    return sorted({*_own(package), *_others(package)})


def load(package: str, name: str, allowed: Collection[str] = (), file: Optional[str] = None) -> ModuleType:
    """The module of one plug-in; an unknown name is answered with the nearest ones.

    A module from elsewhere is named whole, and only if it is among the ``allowed``; or it is the ``file`` that
    `file_of` gave in a Python that has its distribution.
    """
    if name in allowed:
        return importlib.import_module(name)
    if file:
        return _from_file(name, file)
    if name in _own(package):
        return importlib.import_module(f"{package}.{name}")
    others = _others(package)
    if name not in others:
        raise Refused(unknown(package.rpartition(".")[2], name, names(package)))
    try:
        return importlib.import_module(others[name])
    except ImportError as error:
        raise Refused(f"The plug-in «{name}» cannot be imported: {error}.") from error


def file_of(package: str, name: str) -> Optional[str]:
    """The one file of somebody else's plug-in, for a Python that has nothing else of it; None for one of ours."""
    others = {} if name in _own(package) else _others(package)
    return load(package, name).__file__ if name in others else None


def _own(package: str) -> list[str]:
    found = [m.name for m in pkgutil.iter_modules(importlib.import_module(package).__path__)]
    return [n for n in found if n != "base" and not n.startswith("_")]


@cache
def _others(package: str) -> dict[str, str]:
    """name → module, of the entry points of everything that is installed."""
    group = "touchstone." + package.rpartition(".")[2]
    return {e.name: e.value for d in metadata.distributions() for e in d.entry_points if e.group == group}


def _from_file(name: str, file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise Refused(f"The plug-in «{name}» is no Python file: {file}.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def unknown(kind: str, name: Any, known: list[str]) -> str:
    """One sentence for a name that does not exist, with the nearest that do."""
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return f"There is no {kind} «{name}». {hint}Available: {shown(known)}."


def shown(known: list[str]) -> str:
    """The names, or the first of many and how many there are."""
    few = known if len(known) <= SHOWN else [*known[:10], f"… ({len(known)} in all)"]
    return ", ".join(few) or "none"
