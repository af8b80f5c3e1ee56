"""MLPerf LoadGen's early stopping: a one-sided bound on a percentile, beside our two-sided interval.

With n independent queries of which a share 1 - p lies beyond the p-quantile, «at most t beyond» has the probability
P(Binomial(n, 1-p) ≤ t) = I_p(n - t, t + 1); where that is below 1 - c, t queries beyond are too few to be chance
(MLPerf Inference, «early stopping criterion»; confidence c = 0.99, tolerance 0).
"""

from __future__ import annotations

import numpy as np

from tasks.statistics.means import Numbers

CONFIDENCE = 0.99


def least_queries(t: int, p: float, confidence: float = CONFIDENCE) -> int:
    """The least number of queries, those beyond included, at which t beyond are allowed. 64, 662, 6636 for t = 1."""
    low, high = t + 1, t + 2
    while not allowed(t, high, p, confidence):
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if allowed(t, middle, p, confidence) else (middle + 1, high)
    return low


def allowed(t: int, n: int, p: float, confidence: float = CONFIDENCE) -> bool:
    """May a run of n queries pass with t of them beyond the target latency? The server scenario's rule."""
    from scipy.special import bdtr

    return bool(bdtr(t, n, 1 - p) < 1 - confidence)


def early_stopping_estimate(xs: Numbers, p: float, confidence: float = CONFIDENCE) -> float | None:
    """The t-th highest number, t the most that are allowed; None below `least_queries` (1, p).

    Single stream's rule. It lies above the p-quantile with a probability of more than the confidence.
    """
    from scipy.special import bdtr

    ordered = np.sort(np.asarray(xs, dtype=np.float64))
    n = len(ordered)
    t = int(np.searchsorted(np.asarray(bdtr(np.arange(n), n, 1 - p)), 1 - confidence, side="left")) - 1
    return float(ordered[n - t]) if t >= 1 else None
