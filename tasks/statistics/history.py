"""One evaluation over time: how far runs lie from each other, and whether the newest one differs by more than that.

In: one value a run, above 0, oldest first. The spread between earlier runs holds what is in a run's own interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.statistics.interval import CONFIDENCE, Interval, student

LEAST = 5
ROUNDING = 1e-9  # what exp and log may change of a value that is the same in every run


@dataclass(frozen=True)
class Watched:
    """One run: ``expected`` holds its value at the chosen rate, None while fewer than `LEAST` runs came before.

    ``outside``: it does not. ``changed``: nor did the run before, on the same side; this is the alarm.
    """

    value: float
    expected: Interval | None
    outside: bool
    changed: bool


def watch(
    values: Sequence[float], runs_per_month: float, alarms_per_month: float = 0.1, memory: int = 30
) -> list[Watched]:
    """Every run against the last ``memory`` ones of the baseline before it.

    Expected: the prediction interval of one more log value, mean ± t(n-1) · s · √(1 + 1/n) (Hahn & Meeker 1991,
    Statistical Intervals, §4.7), at the level alarms_per_month / runs_per_month a run. By linearity of expectation that
    many runs a month are outside by chance, and at most as many alarms are false, although runs share their baseline.
    An alarm needs two runs outside on one side, so that a slow process now and then is none. A run outside alone joins
    the baseline at the end of its expectation, because dropping it would make the next ones more frequent than asked;
    more in a row stay out, so that a lasting change alarms until the caller starts a new history with it.
    """
    level = alarms_per_month / runs_per_month
    if not 0 < level < 1:
        raise ValueError(f"{alarms_per_month} alarms in {runs_per_month} runs a month are no rate; give fewer alarms")
    baseline: list[float] = []
    away: list[float] = []  # the ends of expectation that runs in a row lie beyond, on the side ``high``
    high = False
    watched: list[Watched] = []
    for value in values:
        expected = _prediction(baseline[-memory:], 1 - level)
        outside = expected is not None and value not in expected
        above = expected is not None and value > expected.high
        if not outside or above != high:
            baseline += away if len(away) == 1 else []
            away, high = [], above
        if expected is not None and outside:
            away.append(math.log(expected.high if above else expected.low))
        else:
            baseline.append(math.log(value))
        watched.append(Watched(value, expected, outside, len(away) > 1))
    return watched


def across_sessions(value: float, inside: Interval, before: Sequence[float], memory: int = 30) -> Interval | None:
    """Interval of what runs have on average, around this run's ``value``, when sessions differ from each other.

    The hull of ``inside``, this run's own interval, and of value · exp(± t(m-1) · s), with s the deviation of the log
    values of the last m runs before it: the intermediate precision of one run (ISO 5725-3; International vocabulary of
    metrology, JCGM 200:2012, 2.22). All values above 0, oldest first; a change among them widens it. None while fewer
    than `LEAST` runs came before: one session alone cannot know.
    """
    logs = np.log(np.asarray(before[-memory:], dtype=np.float64))
    if len(logs) < LEAST:
        return None
    half = student(CONFIDENCE, len(logs) - 1) * float(logs.std(ddof=1))
    return inside.hull(Interval(value * math.exp(-half), value * math.exp(half)))


def _prediction(logs: list[float], confidence: float) -> Interval | None:
    n = len(logs)
    if n < LEAST:
        return None
    half = student(confidence, n - 1) * float(np.std(logs, ddof=1)) * math.sqrt(1 + 1 / n) + ROUNDING
    centre = float(np.mean(logs))
    return Interval(math.exp(centre - half), math.exp(centre + half))
