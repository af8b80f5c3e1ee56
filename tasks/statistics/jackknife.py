"""The interval of a number that is no sum over samples, from what it is with a part of them left out in turn."""

from __future__ import annotations

import math
from typing import Any, Callable

import numpy as np

from tasks.statistics.interval import CONFIDENCE, Interval, student
from tasks.statistics.means import Numbers


def jackknife_interval(whole: float, without: Numbers, confidence: float = CONFIDENCE) -> Interval | None:
    """``whole`` ± t(G-1) · √((G-1)/G · Σ (θ_g - mean θ)²) over G parts (Tukey 1958; Kott, J. Official Stat. 17, 2001).

    θ_g is the number without part g; parts are independent and of nearly the same size. None for fewer than two.
    """
    parts = np.asarray(without, dtype=np.float64)
    count = len(parts)
    if count < 2:
        return None
    spread = float(np.sum((parts - parts.mean()) ** 2))
    half = student(confidence, count - 1) * math.sqrt((count - 1) / count * spread)
    return Interval(whole - half, whole + half)


def jackknife_of_sums(units: Any, statistic: Callable[[Any], Any], confidence: float = CONFIDENCE) -> Interval | None:
    """The same for a smooth function of sums over independent units, such as BLEU, without one unit in turn.

    ``units`` are (n, columns), a row a unit; ``statistic`` takes sums (…, columns) and gives (…).
    """
    rows = np.asarray(units, dtype=np.float64)
    if len(rows) < 2:
        return None
    total = rows.sum(axis=0)
    return jackknife_interval(float(statistic(total)), np.asarray(statistic(total - rows)), confidence)
