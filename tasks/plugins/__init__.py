"""Finding plug-ins by file name, and the marks their signatures may carry.

A plug-in is a module in a folder of one kind (`tasks/scenarios`, `tasks/predictors`, …); nothing lists them. What
one accepts is the keyword-only part of a signature: the specification reads it (`tasks/specs/signatures.py`).
Lean: standard library only, Python 3.9.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from types import ModuleType
from typing import Any, Collection

from tasks.errors import Refused

SHOWN = 30  # names that a sentence holds


class Range:
    """A bound on a number in a signature: ``Annotated[int, Range(gt=0)]``."""

    def __init__(self, gt: float | None = None, ge: float | None = None, le: float | None = None) -> None:
        self.gt, self.ge, self.le = gt, ge, le


def names(package: str) -> list[str]:
    """The plug-ins of a package, sorted; `base` and names with a leading underscore are none."""
    folder = importlib.import_module(package)
    found = [m.name for m in pkgutil.iter_modules(folder.__path__)]
    return sorted(n for n in found if n != "base" and not n.startswith("_"))


def load(package: str, name: str, allowed: Collection[str] = ()) -> ModuleType:
    """The module of one plug-in; an unknown name is answered with the nearest ones.

    A module from elsewhere is named whole, and only if it is among the ``allowed``.
    """
    if name in allowed:
        return importlib.import_module(name)
    known = names(package)
    if name not in known:
        raise Refused(unknown(package.rpartition(".")[2], name, known))
    return importlib.import_module(f"{package}.{name}")


def unknown(kind: str, name: Any, known: list[str]) -> str:
    """One sentence for a name that does not exist, with the nearest that do."""
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return f"There is no {kind} «{name}». {hint}Available: {shown(known)}."


def shown(known: list[str]) -> str:
    """The names, or the first of many and how many there are."""
    few = known if len(known) <= SHOWN else [*known[:10], f"… ({len(known)} in all)"]
    return ", ".join(few) or "none"
