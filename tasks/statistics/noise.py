"""How small a difference a session could have shown, from what it measured of one and the same thing several times."""

from __future__ import annotations

import math

import numpy as np

from tasks.statistics.interval import student
from tasks.statistics.means import Numbers


def detectable(log_ratios: Numbers, blocks: int, confidence: float = 0.95, power: float = 0.8) -> float | None:
    """The smallest relative difference that ``blocks`` blocks would have shown, from A/A blocks of the same session.

    δ · s / √blocks, with s their deviation and δ the non-centrality at which Student's t exceeds its two-sided critical
    value with that power (noncentral t: Cohen 1988, Statistical Power Analysis, §2); s has as many degrees of freedom
    as there are A/A blocks less one. As a share: e^x - 1. None below four A/A blocks.
    """
    values = np.asarray(log_ratios, dtype=np.float64)
    if len(values) < 4:
        return None
    return _shown(float(values.std(ddof=1)) / math.sqrt(blocks), len(values) - 1, confidence, power)


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
