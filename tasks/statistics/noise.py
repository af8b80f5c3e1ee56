"""How small a difference a session could have shown, from what it measured of one and the same thing several times."""

from __future__ import annotations

import math

import numpy as np

from tasks.statistics.interval import student
from tasks.statistics.means import Numbers, midmean


def detectable(log_ratios: Numbers, blocks: int, confidence: float = 0.95, power: float = 0.8) -> float | None:
    """The smallest relative difference that ``blocks`` blocks would have shown, from A/A blocks of the same session.

    δ · e, with e the standard error that the verdict's `midmean` has over so many blocks, by the A/A blocks, and δ the
    non-centrality at which Student's t exceeds its two-sided critical value with that power (noncentral t: Cohen 1988,
    Statistical Power Analysis, §2). As a share: e^x - 1. None below four A/A blocks.
    """
    if len(log_ratios) < 4:
        return None
    _, error, degrees = midmean(log_ratios)
    return _shown(error * math.sqrt(len(log_ratios) / blocks), degrees, confidence, power)


def detectable_again(values: Numbers, confidence: float = 0.95, power: float = 0.8) -> float | None:
    """The smallest relative difference that a second session of as many fresh processes would have shown.

    ``values``: one of each process, above 0; the processes of one evaluation are A against A. Two samples of n with
    the deviation of their logs: δ · s · √(2 / n), 2 (n - 1) degrees of freedom. None below three processes. What
    changes from one session to the next (a reboot, another day) is not in it.
    """
    logs = np.log(np.asarray(values, dtype=np.float64))
    if len(logs) < 3:
        return None
    return _shown(float(logs.std(ddof=1)) * math.sqrt(2 / len(logs)), 2 * (len(logs) - 1), confidence, power)


def _shown(error: float, degrees: int, confidence: float, power: float) -> float:
    from scipy.special import nctdtrinc

    return math.expm1(float(nctdtrinc(degrees, 1 - power, student(confidence, degrees))) * error)
