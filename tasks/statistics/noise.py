"""How small a difference a session could have shown, from blocks that compared A with itself during it."""

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
    from scipy.special import nctdtrinc

    values = np.asarray(log_ratios, dtype=np.float64)
    degrees = len(values) - 1
    if degrees < 3:
        return None
    noncentral = float(nctdtrinc(degrees, 1 - power, student(confidence, degrees)))
    return math.expm1(noncentral * float(values.std(ddof=1)) / math.sqrt(blocks))
