"""Which candidates are worth choosing from: the Pareto front of numbers with intervals.

In: candidates with one estimate an axis. Out: the front, and whom a candidate cannot be separated from. One is behind
another when it is at no axis ahead of it and at one axis their intervals are apart; so two that differ by less than
their intervals both stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tasks.results.measurement import Estimate


@dataclass(frozen=True)
class Axis:
    """One thing to be good at."""

    name: str
    better: Literal["lower", "higher"]


@dataclass(frozen=True)
class Candidate:
    """A configuration that was measured. ``name`` holds model with weights and data, software, hardware, host."""

    name: str
    run: str
    values: dict[str, Estimate | None]


def front(candidates: Sequence[Candidate], axes: Sequence[Axis]) -> tuple[list[Candidate], dict[str, str]]:
    """Those that nobody is before, and for every other one's run a sentence that names one that is."""
    kept, behind = [], {}
    for one in candidates:
        ahead = next((other for other in candidates if other is not one and dominates(other, one, axes)), None)
        if ahead is None:
            kept.append(one)
        else:
            at = ", ".join(a.name for a in axes if apart(ahead, one, a))
            behind[one.run] = f"{ahead.name} is better at {at} and worse at nothing"
    return kept, behind


def dominates(a: Candidate, b: Candidate, axes: Sequence[Axis]) -> bool:
    """Whether ``a`` is at no axis behind ``b`` by value, and at one ahead with intervals apart."""
    compared = [axis for axis in axes if _known(a, axis) and _known(b, axis)]
    if any(_known(b, axis) and not _known(a, axis) for axis in axes):
        return False  # b has a number that a has not
    return all(not _ahead(b, a, axis) for axis in compared) and any(apart(a, b, axis) for axis in compared)


def apart(a: Candidate, b: Candidate, axis: Axis) -> bool:
    """Whether ``a``'s whole interval is better than ``b``'s. Numbers without an interval are separated from nothing."""
    one, other = a.values.get(axis.name), b.values.get(axis.name)
    if one is None or other is None or None in (one.low, one.high, other.low, other.high):
        return False
    assert one.low is not None and one.high is not None and other.low is not None and other.high is not None
    return one.high < other.low if axis.better == "lower" else one.low > other.high


def best(candidates: Sequence[Candidate], axis: Axis) -> tuple[Candidate, list[Candidate]] | None:
    """The best by value at this axis, and those that it cannot be separated from; None when nobody has the number."""
    known = [c for c in candidates if _known(c, axis)]
    if not known:
        return None
    sign = 1 if axis.better == "lower" else -1
    chosen = min(known, key=lambda c: sign * _value(c, axis))
    return chosen, [c for c in known if c is not chosen and not apart(chosen, c, axis)]


def _ahead(a: Candidate, b: Candidate, axis: Axis) -> bool:
    one, other = _value(a, axis), _value(b, axis)
    return one < other if axis.better == "lower" else one > other


def _known(candidate: Candidate, axis: Axis) -> bool:
    seen = candidate.values.get(axis.name)
    return seen is not None and seen.value is not None


def _value(candidate: Candidate, axis: Axis) -> float:
    seen = candidate.values[axis.name]
    assert seen is not None and seen.value is not None
    return seen.value
