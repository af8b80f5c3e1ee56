"""Peak: the highest rate of Poisson arrivals at which a latency bound holds, as a bracket of two measured rates.

One seed for the search, so that rates are compared on the same gaps; then the rate that passed and the one that failed
are confirmed with fresh seeds, and the bracket moves until both are. A rate passes when at most 1 - p of its queries
are later than the bound, that is, when their percentile is within it.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from tasks.plugins import Range
from tasks.scenarios import _schedules as schedules
from tasks.scenarios._open import open_loop, warm_up
from tasks.scenarios.base import Log, System

JUDGED = "peak_qps"
MOST_STEPS = 60
APART = 1009  # seeds of one process are this far from those of the next


@dataclass
class Search:
    """What is asked of every rate, and where the results go."""

    system: System
    log: Log
    bound_ns: int
    percentile: float
    min_duration_s: float
    min_queries: int

    def passes(self, rate: float) -> bool:
        """With the seed of the search."""
        return self._passes(rate, [APART * self.system.seed], "search")

    def confirms(self, rate: float, seeds: int) -> bool:
        """With fresh seeds, all their queries together."""
        return self._passes(rate, [APART * self.system.seed + i for i in range(1, seeds + 1)], "confirm")

    def _passes(self, rate: float, seeds: list[int], role: str) -> bool:
        """Schedule after schedule, until all are served or no more can save the rate."""
        schedule = [self._schedule(rate, seed) for seed in seeds]
        left = self._allowed(sum(map(len, schedule)))
        for seed, offsets in zip(seeds, schedule):  # noqa: B905  (strict= is newer than Python 3.9)
            part = open_loop(self.system, self.log, offsets, len(self.log.points), self.bound_ns, left)
            rows = np.frombuffer(part.readings, dtype=np.int64).reshape(-1, 6)
            left -= int((rows[:, 5] - rows[:, 0] > self.bound_ns).sum())
            point = {"rate": rate, "seed": seed, "role": role, "queries": len(part), "scheduled": len(offsets)}
            self.log.points.append(point)
            if left < 0:
                break
        for point in self.log.points:
            point.setdefault("passed", left >= 0)
        return left >= 0

    def _schedule(self, rate: float, seed: int) -> array[int]:
        return schedules.enough(schedules.poisson(rate, seed), self.min_duration_s, self.min_queries)

    def _allowed(self, queries: int) -> int:
        """n - ⌈p n⌉: as many may be late when the nearest-rank percentile is within the bound."""
        return int(queries - np.ceil(self.percentile / 100 * queries - 1e-9))


def run(
    system: System,
    log: Log,
    *,
    latency_bound_ms: Annotated[float, Range(gt=0)],
    percentile: Annotated[float, Range(gt=0, le=99.9)],
    tolerance: Annotated[float, Range(gt=0, le=0.5)],
    confirmations: Annotated[int, Range(gt=0)],
    warmup_queries: Annotated[int, Range(gt=0)],
    min_duration_s: Annotated[float, Range(ge=0)],
    min_queries: Annotated[int, Range(gt=0)],
) -> None:
    """Both minima hold for every rate. The bracket is at most ``tolerance`` wide, relative to the rate that passed."""
    warm_up(system, log, warmup_queries)
    warm = np.frombuffer(log.parts[0].readings, dtype=np.int64).reshape(-1, 4)
    service_ns = max(1.0, float(np.median(warm[:, 3] - warm[:, 0])))
    bound_ns = int(1e6 * latency_bound_ms)
    search = Search(system, log, bound_ns, percentile, min_duration_s, min_queries)
    log.facts |= {"search": True, "bound": {"ms": latency_bound_ms, "percentile": percentile}}
    low, high = _bracket(search, 1e9 / service_ns, tolerance)
    if low is not None:
        low, high = _confirmed(search, low, high, tolerance, confirmations)
    log.facts |= {"peak_passed_qps": low, "peak_failed_qps": high}
    at = [i for i, p in enumerate(log.points) if p["rate"] == (high if low is None else low)]
    log.headline = [i for i in at if log.points[i]["role"] == "confirm"] or at


def _bracket(search: Search, capacity: float, tolerance: float) -> tuple[float | None, float]:
    """(highest rate that passed, lowest that failed) with the search's seed; None when no rate passes."""
    low, high, rate = None, None, capacity / 2
    for _ in range(MOST_STEPS):
        if search.passes(rate):
            low = rate
        else:
            high = rate
        if low is None and rate < capacity / 100:
            break
        if low is not None and high is not None and high - low <= tolerance * low:
            break
        rate = rate / 2 if low is None else rate * 1.5 if high is None else (low + high) / 2
    return low, high if high is not None else rate


def _confirmed(search: Search, low: float, high: float, tolerance: float, seeds: int) -> tuple[float | None, float]:
    """The bracket moved, a tolerance at a time, until fresh seeds agree at both ends."""
    passed: dict[float, bool] = {}
    for _ in range(MOST_STEPS):
        if not passed.setdefault(low, passed.get(low) or search.confirms(low, seeds)):
            low, high = low * (1 - tolerance), low
        elif passed.setdefault(high, passed.get(high) or search.confirms(high, seeds)):
            low, high = high, high * (1 + tolerance)
        else:
            return low, high
    return None, high
