"""Was it quiet? Each counter of the timed parts is seen, clean, or unreadable; what is unreadable is never clean.

In: what `counters.difference` gave for each timed process. Out: counter to {"state", "value", "unit", "limit"}; the
value is the worst process's.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Callable

from tasks.environment.reading import UNREADABLE, guarded

SEEN, CLEAN = "seen", "clean"
Change = dict[str, Any]


def judged(changes: Sequence[Change]) -> dict[str, dict[str, Any]]:
    """Every counter over all processes: seen in one is seen, unreadable in one is not clean. {} for none."""
    if not changes:
        return {}
    return {
        name: _judged([guarded(partial(read, change)) for change in changes], limit, unit)
        for name, (read, limit, unit) in COUNTERS.items()
    }


def words(noise: dict[str, dict[str, Any]]) -> str:
    """In one line: what was seen, with its value; then the names of what was clean and what could not be read."""
    states: dict[str, list[str]] = {SEEN: [], CLEAN: [], UNREADABLE: []}
    for name, found in noise.items():
        value = f" ({found['value']:.3g} {found['unit']})" if found["state"] == SEEN else ""
        states[found["state"]].append(name + value)
    return "; ".join(f"{state}: {', '.join(names)}" for state, names in states.items() if names)


def quiet(noise: dict[str, dict[str, Any]]) -> bool:
    """Whether everything was read and nothing seen."""
    return bool(noise) and all(found["state"] == CLEAN for found in noise.values())


def _judged(values: list[Any], limit: float, unit: str) -> dict[str, Any]:
    known = [value for value in values if value != UNREADABLE]
    worst = max(known) if known else UNREADABLE
    state = SEEN if known and max(known) > limit else CLEAN if len(known) == len(values) else UNREADABLE
    return {"state": state, "value": worst, "unit": unit, "limit": limit}


def _cores(change: Change, name: str) -> list[Any]:
    """One value a reserved core; raises where one cannot be read, or none is there."""
    found = [core[name] for core in change["cpu"].values()]
    if not found or UNREADABLE in found:
        raise ValueError(name)
    return found


def _load(change: Change) -> float:
    return float(change["load_1m_before"]) - len(change["cpu"])


def _steal(change: Change) -> float:
    return 100 * float(sum(_cores(change, "steal_s")) / (change["time_s"] * len(change["cpu"])))


def _foreign(change: Change) -> float:
    """Others' share of the reserved cores: their busy time less our own, where we ran on no other core."""
    if change["pinned"] is not True:
        raise ValueError("our own time was also spent on other cores")
    others_s = float(sum(_cores(change, "busy_s"))) - change["own_cpu_s"]
    return max(100 * float(others_s / (change["time_s"] * len(change["cpu"]))), 0.0)


def _frequency(change: Change) -> float:
    before, after = _cores(change, "frequency_mhz_before"), _cores(change, "frequency_mhz_after")
    return max(100 * abs(float(late / early) - 1) for early, late in zip(before, after))  # noqa: B905  (Python 3.9)


# A 1 % share is what a measurement of 1 % can bear. Load counts our own agents of the minute before: their cores are
# taken off, and half a process more is allowed.
COUNTERS: dict[str, tuple[Callable[[Change], Any], float, str]] = {
    "load": (_load, 0.5, "processes beyond the reserved cores"),
    "foreign processes": (_foreign, 1.0, "% of the reserved cores"),
    "steal": (_steal, 1.0, "% of the reserved cores"),
    "context switches": (lambda c: c["involuntary_switches"] / c["time_s"], 10.0, "a second, involuntary"),
    "thermal throttling": (lambda c: sum(_cores(c, "throttles")), 0.0, "times"),
    "quota throttling": (lambda c: c["group_throttles"] + 0, 0.0, "times"),
    "frequency": (_frequency, 2.0, "% between begin and end"),
    "page faults": (lambda c: c["major_faults"] / c["time_s"], 1.0, "a second, from disk"),
}
