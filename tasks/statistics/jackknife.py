"""An interval for any smooth function of sums over independent units, such as BLEU: what leaving one out changes."""

from __future__ import annotations

import math
from typing import Any, Callable

import numpy as np

from tasks.statistics.interval import CONFIDENCE, Interval, student


def jackknife_interval(units: Any, statistic: Callable[[Any], Any], confidence: float = CONFIDENCE) -> Interval | None:
    """statistic ± t(n-1) · √((n-1)/n · Σ (θ₋ᵢ - mean of θ₋)²), Efron and Tibshirani 1993, §11.2.

    ``units`` are (n, columns), a row a unit; ``statistic`` takes sums (…, columns) and gives (…). None for fewer than
    two units.
    """
    rows = np.asarray(units, dtype=np.float64)
    n = len(rows)
    if n < 2:
        return None
    total = rows.sum(axis=0)
    without = np.asarray(statistic(total - rows))
    error = math.sqrt((n - 1) / n * float(((without - without.mean()) ** 2).sum()))
    centre, half = float(statistic(total)), student(confidence, n - 1) * error
    return Interval(centre - half, centre + half)
