"""Settings of the host that a measurement asks for: governor, turbo, SMT, affinity. Tried, checked, and told.

A dictionary of what is asked goes in; per setting {"asked", "state", "found"} comes out, where `found` is what it was
before and `state` one of applied, denied, unreadable, not asked. A setting counts as applied when it reads back so.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from tasks.environment import reading
from tasks.environment.processor import CPU, smt, turbo
from tasks.environment.reading import UNREADABLE, guarded, text
from tasks.errors import Refused

KNOWN: dict[str, tuple[Any, ...]] = {"governor": (), "turbo": ("on", "off"), "smt": ("on", "off"), "affinity": ()}


def apply(settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Try what is asked; None, or a setting that is left out, is only read. Refused for what is no setting."""
    for name, asked in settings.items():
        if name not in KNOWN or (asked is not None and KNOWN[name] and asked not in KNOWN[name]):
            raise Refused(
                f"{name}={asked!r} is no setting of a host. There are: governor, turbo=on|off, smt=on|off, affinity."
            )
    return {name: _applied(name, settings.get(name)) for name in KNOWN}


def restore(report: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Undo what `apply` applied; per undone setting "restored" or "denied"."""
    changed = {
        name: entry
        for name, entry in report.items()
        if entry["state"] == "applied" and entry["found"] != entry["asked"]
    }
    # SMT first: a core that is off has no governor to set.
    order = sorted(changed, key=lambda name: name != "smt")
    return {name: "restored" if _written(name, changed[name]["found"]) else "denied" for name in order}


def _applied(name: str, asked: Any) -> dict[str, Any]:
    asked = sorted(set(asked)) if name == "affinity" and asked is not None else asked
    found = READ[name]()
    entry = {"asked": asked, "found": found}
    if asked is None:
        return {**entry, "state": "not asked"}
    if found == UNREADABLE:
        return {**entry, "state": UNREADABLE}
    if found == asked or _written(name, asked):
        return {**entry, "state": "applied"}
    # What was half done is undone: denied means that nothing changed.
    _written(name, found)
    return {**entry, "state": "denied"}


def _written(name: str, value: Any) -> bool:
    try:
        WRITE[name](value)
    except (OSError, ValueError, TypeError, AttributeError):
        return False
    return bool(READ[name]() == value)


def _governor() -> Any:
    """One name, or core to name where they differ."""
    each = {path.parent.parent.name: text(_relative(path)) for path in _governor_files()}
    kinds = sorted(set(each.values()))
    return UNREADABLE if not kinds or UNREADABLE in kinds else kinds[0] if len(kinds) == 1 else each


def _set_governor(value: Any) -> None:
    for path in _governor_files():
        path.write_text(value[path.parent.parent.name] if isinstance(value, dict) else value, encoding="ascii")


def _governor_files() -> list[Any]:
    return reading.paths(f"{CPU}/cpu[0-9]*/cpufreq/scaling_governor")


def _relative(path: Any) -> str:
    return str(path.relative_to(reading.ROOT))


def _set_turbo(value: Any) -> None:
    intel = reading.ROOT / CPU / "intel_pstate" / "no_turbo"
    off = value == "off"
    if intel.exists():
        intel.write_text("1" if off else "0", encoding="ascii")
    else:
        _existing("cpufreq/boost").write_text("0" if off else "1", encoding="ascii")


def _set_smt(value: Any) -> None:
    _existing("smt/control").write_text(value, encoding="ascii")


def _existing(name: str) -> Any:
    path = reading.ROOT / CPU / name
    # Writing must not make a file where the kernel has none.
    if not path.exists():
        raise FileNotFoundError(path)
    return path


def _affinity() -> Any:
    return guarded(lambda: sorted(os.sched_getaffinity(0)))


def _set_affinity(value: Any) -> None:
    """For every thread of this process: the call alone moves only the thread that makes it."""
    threads = [int(path.name) for path in reading.paths("proc/self/task/[0-9]*")]
    for thread in threads or [0]:
        os.sched_setaffinity(thread, value)


READ: dict[str, Callable[[], Any]] = {"governor": _governor, "turbo": turbo, "smt": smt, "affinity": _affinity}
WRITE: dict[str, Callable[[Any], None]] = {
    "governor": _set_governor,
    "turbo": _set_turbo,
    "smt": _set_smt,
    "affinity": _set_affinity,
}
