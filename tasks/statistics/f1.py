"""Macro F1 of classes, with its interval by linearisation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tasks.statistics.interval import CONFIDENCE, Interval, student


def macro_f1(true: Any, said: Any, units: Any, confidence: float = CONFIDENCE) -> tuple[float, Interval | None, int]:
    """Mean over classes of F1 = 2 · right / (true + said), ± t(G-1) · standard error, and the number of classes.

    ``true`` and ``said`` are (n,) classes, ``units`` (n,) the independent unit of each, G of them; counted are the
    classes that are true or said of any (Opitz and Burst, arXiv 1911.03347, the averaged F1). Each class is a ratio of
    sums, a mean of ratios is linearised as in `ratios.mean_ratio_interval`. No interval for fewer than two units.
    """
    classes, place = np.unique(np.concatenate([true, said]), return_inverse=True)
    t, s = np.split(place, 2)
    right = t == s
    either = np.bincount(place)
    each = 2 * np.bincount(t[right], minlength=len(classes)) / either
    mean = float(each.mean())
    names, unit = np.unique(units, return_inverse=True)
    if len(names) < 2:
        return mean, None, len(classes)
    residual = ((2 * right - each[t]) / either[t] - each[s] / either[s]) / len(classes)
    summed = np.bincount(unit, weights=residual)
    error = math.sqrt(len(names) / (len(names) - 1) * float(summed @ summed))
    half = student(confidence, len(names) - 1) * error
    return mean, Interval(mean - half, mean + half), len(classes)
