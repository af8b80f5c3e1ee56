"""One evaluation over time: does the newest run differ from those before by more than runs differ from each other?

In: one value a run, above 0, oldest first. The spread between earlier runs holds what is in a run's own interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.statistics.interval import Interval, student

LEAST = 5


@dataclass(frozen=True)
class Watched:
    """One run: ``expected`` holds its value at the chosen rate, None while fewer than `LEAST` runs came before."""

    value: float
    expected: Interval | None
    changed: bool


def watch(
    values: Sequence[float], runs_per_month: float, alarms_per_month: float = 0.1, memory: int = 30
) -> list[Watched]:
    """Every run against the last ``memory`` ones of the baseline before it.

    Expected: the prediction interval of one more log value, mean ± t(n-1) · s · √(1 + 1/n) (Hahn & Meeker 1991,
    Statistical Intervals, §4.7), at the level alarms_per_month / runs_per_month a run; by linearity of expectation as
    many false alarms a month as asked, although runs share their baseline. A run flagged alone joins the baseline at
    the end of its expectation, because dropping it would make the next alarms more frequent than asked; two and more
    in a row stay out, so that a lasting change is flagged until the caller starts a new history with it.
    """
    level = alarms_per_month / runs_per_month
    if not 0 < level < 1:
        raise ValueError(f"{alarms_per_month} alarms in {runs_per_month} runs a month are no rate; give fewer alarms")
    baseline: list[float] = []
    flagged: list[float] = []
    watched: list[Watched] = []
    for value in values:
        expected = _prediction(baseline[-memory:], 1 - level)
        changed = expected is not None and value not in expected
        watched.append(Watched(value, expected, changed))
        if expected is not None and changed:
            flagged.append(math.log(min(max(value, expected.low), expected.high)))
            continue
        baseline += [*(flagged if len(flagged) == 1 else []), math.log(value)]
        flagged = []
    return watched


def _prediction(logs: list[float], confidence: float) -> Interval | None:
    n = len(logs)
    if n < LEAST:
        return None
    half = student(confidence, n - 1) * float(np.std(logs, ddof=1)) * math.sqrt(1 + 1 / n)
    centre = float(np.mean(logs))
    return Interval(math.exp(centre - half), math.exp(centre + half))
