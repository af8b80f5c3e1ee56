"""A budget: a bound, what was seen, and whether it is met, violated, or undecided.

In: a bound and an `Estimate`. Out: a `Budget`. Knows no metric; the direction is given.
"""

from dataclasses import dataclass
from typing import Literal

from tasks.results.measurement import Budget, Estimate, Outcome

Direction = Literal["lower", "higher"]


def outcome(seen: Estimate | None, bound: float, better: Direction, strict: bool = False) -> Outcome:
    """Met or violated when the whole interval is on one side of the bound, which itself is good unless ``strict``.

    A number without an interval decides when several processes gave it (a maximum has none), else nothing.
    """
    if seen is None or seen.value is None:
        return "undecided"
    low, high = seen.low, seen.high
    if low is None or high is None:
        if seen.processes < 2:
            return "undecided"
        low = high = seen.value
    sign = 1 if better == "lower" else -1
    best, worst = sorted((sign * low, sign * high))
    if worst < sign * bound or (worst == sign * bound and not strict):
        return "met"
    return "violated" if best > sign * bound or (best == sign * bound and strict) else "undecided"


@dataclass(frozen=True)
class Baseline:
    """The recorded run that an evaluation may not be slower than; ``seen`` is its latency."""

    run: str
    host: str
    seen: Estimate


def held(name: str, bound: float, better: Direction, seen: Estimate | None) -> Budget:
    """The budget of one metric; the reason says what would decide it."""
    found = outcome(seen, bound, better)
    reason = _undecided(seen) if found == "undecided" else ""
    return Budget(name, bound, "≤" if better == "lower" else "≥", found, seen, reason)


def not_slower(baseline: Baseline, seen: Estimate | None, host: str, margin: float) -> Budget:
    """Whether the ratio of times is at most 1 + ``margin``.

    Its interval runs from this low end over that high end to this high end over that low end: it holds the ratio
    whenever both intervals hold theirs, so by Bonferroni at least at 90 % for two of 95 %.
    """
    name, bound = f"time over that of {baseline.run}", 1 + margin
    ratio = _ratio(seen, baseline.seen)
    if host != baseline.host:
        reason = f"That run was on host {baseline.host}, this one on {host}; give a run of this host."
        return Budget(name, bound, "≤", "undecided", ratio, reason)
    return held(name, bound, "lower", ratio)


def _ratio(seen: Estimate | None, base: Estimate) -> Estimate | None:
    if seen is None or not seen.value or not base.value:
        return None
    value, processes = seen.value / base.value, min(seen.processes, base.processes)
    if seen.low is None or seen.high is None or not base.low or not base.high:
        return Estimate(value, "×", n=seen.n, processes=1)
    return Estimate(value, "×", seen.low / base.high, seen.high / base.low, seen.n, processes)


def _undecided(seen: Estimate | None) -> str:
    if seen is None:
        return "It was not measured in this scenario."
    if seen.value is None:
        return f"{seen.note}."
    if seen.low is None:
        return "One process gives no interval; set scenario.repetitions=3 or more."
    return "Its interval holds the bound; raise scenario.repetitions or scenario.min_duration_s."
