"""How well a score ranks the true above the false: the area under the ROC curve, with its interval."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np

from tasks.statistics.interval import CONFIDENCE, Interval, student
from tasks.statistics.means import Numbers
from tasks.statistics.proportions import codes

MOST = 500.0  # log-odds to either side: all from 0 to 1


def placements(scores: Numbers, truths: Sequence[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Of each true one the share of false ones below it, of each false one the share of true ones above; ties are half.

    DeLong et al., Biometrics 44:837-845, 1988, eq. 4 and 5. Raises ValueError unless there are both.
    """
    values, true = np.asarray(scores, dtype=np.float64), np.asarray(truths, dtype=bool)
    yes, no = values[true], values[~true]
    if not len(yes) or not len(no):
        raise ValueError(f"{len(yes)} true and {len(no)} false ones cannot be ranked; there have to be both")
    return _below(yes, no) / len(no), 1 - _below(no, yes) / len(yes)


def _below(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """For each value how many of the others are smaller; those that are equal count half."""
    ordered = np.sort(others)
    return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / 2


def auc(scores: Numbers, truths: Sequence[bool]) -> float:
    """P(a true one is above a false one) + P(equal) / 2: Mann & Whitney's U, divided by the number of pairs."""
    return float(placements(scores, truths)[0].mean())


def auc_interval(
    scores: Numbers, truths: Sequence[bool], groups: Sequence[Hashable], confidence: float = CONFIDENCE
) -> Interval | None:
    """log-odds of AUC ± t(groups - 1) · their standard error. None for fewer than two groups, or no error at all.

    Obuchowski, Biometrics 53:567-578, 1997: DeLong's placements, summed over the samples of a group; with one sample a
    group it is DeLong's. In log-odds, for in itself it holds the truth too rarely (Qin & Hotilovac,
    Stat. Methods Med. Res. 17:207-221, 2008).
    """
    yes, no = placements(scores, truths)
    found, centre = _interval(yes, no, truths, groups, confidence), float(yes.mean())
    if found is None or not 0 < centre < 1:
        return None
    odds, half = math.log(centre / (1 - centre)), min((found.high - centre) / (centre * (1 - centre)), MOST)
    return Interval(1 / (1 + math.exp(half - odds)), 1 / (1 + math.exp(-half - odds)))


def auc_gain(
    scores: Numbers, others: Numbers, truths: Sequence[bool], groups: Sequence[Hashable], confidence: float = CONFIDENCE
) -> tuple[float, Interval | None]:
    """AUC of ``scores`` less that of ``others`` on the same samples; the interval is of differences of placements."""
    own, beside = placements(scores, truths), placements(others, truths)
    yes, no = own[0] - beside[0], own[1] - beside[1]
    return float(yes.mean()), _interval(yes, no, truths, groups, confidence)


def _interval(
    yes: np.ndarray, no: np.ndarray, truths: Sequence[bool], groups: Sequence[Hashable], confidence: float
) -> Interval | None:
    """Mean ± t · √variance of the placements of true and of false ones, or of differences of them."""
    true, place = np.asarray(truths, dtype=bool), codes(groups)
    centre, count = float(yes.mean()), int(place.max()) + 1
    if count < 2:
        return None
    above = np.bincount(place[true], yes - centre, count) / len(yes)
    below = np.bincount(place[~true], no - centre, count) / len(no)
    variance = _spread(above, place[true]) + _spread(below, place[~true])
    variance += 2 * count / (count - 1) * float(above @ below)
    if variance <= 0:
        return None
    half = student(confidence, count - 1) * math.sqrt(variance)
    return Interval(centre - half, centre + half)


def _spread(sums: np.ndarray, place: np.ndarray) -> float:
    """Σ squares · n / (n - 1), n the groups that have any; 0 where one alone has, of which nothing can be said."""
    n = len(set(place.tolist()))
    return n / (n - 1) * float(sums @ sums) if n > 1 else 0.0
