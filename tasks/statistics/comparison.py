"""Is B faster than A? Blocks A B B A of fresh processes, looked at a few planned times, end in one of four verdicts.

In: one log ratio a block. Out: `Comparison`. Knows nothing of how blocks are run; `Plan.next_look` says how many next.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from tasks.statistics.interval import Interval, student
from tasks.statistics.means import Numbers, midmean

Verdict = Literal["FASTER", "SLOWER", "SAME", "UNDECIDED"]


@dataclass(frozen=True)
class Plan:
    """``looks``: numbers of blocks at which a verdict may fall. ``margin``: ratios within 1 ± margin are the same.

    ``false_alarm``: the most that FASTER or SLOWER may be said of equals, all looks together. ``confidence``: of the
    interval over all looks, so that SAME is said at most (1 - confidence) / 2 of a ratio beyond one end of the margin.
    """

    looks: tuple[int, ...] = (6, 12, 20)
    false_alarm: float = 0.002
    margin: float = 0.02
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if not self.looks or self.looks[0] < 2 or sorted(set(self.looks)) != list(self.looks):
            raise ValueError(f"looks are {self.looks}; give rising numbers of blocks, 2 at least")
        if not (0 < self.margin < 1 and 0 < self.false_alarm < 1 and 0 < self.confidence < 1):
            raise ValueError(f"{self} has a share that is not between 0 and 1")

    def next_look(self, blocks: int) -> int | None:
        """How many blocks the next look needs; None after the last."""
        return next((look for look in self.looks if look > blocks), None)


@dataclass(frozen=True)
class Comparison:
    """``ratio``: time of B over time of A. ``interval`` holds it at the plan's confidence whatever look it ends at.

    ``p_different``: of equal times, corrected for the looks; ``p_beyond``: of a ratio outside the margin, too.
    ``reason``: why this verdict may be said. Below the first look there is no interval, and both are 1.
    """

    verdict: Verdict
    ratio: float | None
    interval: Interval | None
    margin: float
    blocks: int
    p_different: float
    p_beyond: float
    reason: str


def log_ratio(a: Sequence[float], b: Sequence[float]) -> float:
    """One block's mean log time of B less that of A, times of fresh processes, all above 0. A B B A cancels drift."""
    return float(np.log(b).mean() - np.log(a).mean())


def compare(log_ratios: Numbers, plan: Plan = Plan(), ended: bool = False) -> Comparison:
    """The verdict of the first look that gives one, else of the last; later blocks do not change it.

    Student's t over the middle half of the blocks (`midmean`; a burst on a shared machine is in few of them), its level
    shared out evenly over the looks (Bonferroni; Jennison & Turnbull 2000, Group Sequential Methods, ch. 2-3), which
    holds whatever the looks have in common. SAME is two one-sided tests, that is,
    an interval inside the margin (Schuirmann 1987, J. Pharmacokin. Biopharm. 15:657-680), and comes before a
    difference, so that a small certain one is SAME. ``ended``: no block will follow, so that a look falls now, between
    two planned ones; what ended it must not have been the ratios.
    """
    values = np.asarray(log_ratios, dtype=np.float64)
    looks = [look for look in plan.looks if look <= len(values)]
    if ended and len(values) >= 2 and plan.next_look(len(values)) is not None:
        looks.append(len(values))  # in place of the next one, so that there are no more looks than planned
    found = _unseen(len(values), plan)
    for look in looks:
        found = _look(values[:look], plan)
        if found.verdict != "UNDECIDED":
            break
    return found


def family(comparisons: Sequence[Comparison], plan: Plan = Plan()) -> list[Comparison]:
    """The verdicts of a sweep, corrected for their number by Holm's step-down (1979, Scand. J. Statist. 6:65-70)."""
    different = holm([c.p_different for c in comparisons])
    beyond = holm([c.p_beyond for c in comparisons])
    said = f" after Holm's correction for {len(comparisons)}"
    return [
        _decided(replace(c, p_different=different[i], p_beyond=beyond[i]), plan, said)
        for i, c in enumerate(comparisons)
    ]


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values in the order given: max over the smaller ones of (m - rank) · p, at most 1 (Holm 1979)."""
    adjusted, highest = [1.0] * len(p_values), 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = highest
    return adjusted


def _look(values: np.ndarray[tuple[int], np.dtype[np.float64]], plan: Plan) -> Comparison:
    return judged(*midmean(values), len(plan.looks), len(values), plan)


def judged(
    centre: float, error: float, degrees: float, looks: int, n: int, plan: Plan, unit: str = "blocks"
) -> Comparison:
    """The verdict on a mean log ratio with its standard error, one of so many ``looks``, from ``n`` of a unit."""
    half = student(1 - (1 - plan.confidence) / looks, degrees) * error
    low, high = math.log(1 - plan.margin), math.log(1 + plan.margin)
    different = 2 * _beyond(abs(centre), error, degrees)
    outside = max(_beyond(centre - low, error, degrees), _beyond(high - centre, error, degrees))
    return _decided(
        Comparison(
            "UNDECIDED", math.exp(centre), Interval(math.exp(centre - half), math.exp(centre + half)), plan.margin, n,
            min(1.0, looks * different), min(1.0, looks * outside), "",
        ),
        plan, "", unit,
    )  # fmt: skip


def _beyond(distance: float, error: float, degrees: float) -> float:
    """P(T ≥ distance / error) for Student's t."""
    from scipy.special import stdtr

    if error == 0:
        return 0.0 if distance > 0 else 1.0
    return float(stdtr(degrees, -distance / error))


def _decided(c: Comparison, plan: Plan, corrected: str = "", unit: str = "blocks") -> Comparison:
    if c.ratio is None:
        return c
    same, within = (1 - plan.confidence) / 2, f"±{100 * plan.margin:g} %"
    if c.p_beyond <= same:
        reason = f"a ratio outside {within} is rejected (p = {c.p_beyond:.2g} ≤ {same:.3g}{corrected})"
        return replace(c, verdict="SAME", reason=reason)
    if c.p_different <= plan.false_alarm:
        reason = f"equal times are rejected (p = {c.p_different:.2g} ≤ {plan.false_alarm:g}{corrected})"
        return replace(c, verdict="FASTER" if c.ratio < 1 else "SLOWER", reason=reason)
    reason = f"neither equal times (p = {c.p_different:.2g}) nor a ratio outside {within} (p = {c.p_beyond:.2g})"
    return replace(c, verdict="UNDECIDED", reason=f"{reason} can be rejected with {c.blocks} {unit}{corrected}")


def _unseen(blocks: int, plan: Plan) -> Comparison:
    reason = f"{blocks} blocks; the first look needs {plan.looks[0]}"
    return Comparison("UNDECIDED", None, None, plan.margin, blocks, 1.0, 1.0, reason)
