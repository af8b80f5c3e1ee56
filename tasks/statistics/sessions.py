"""Two runs that were measured one after the other, not interleaved: a verdict from their processes, if there is one.

What changed between the two sessions (clock, neighbours, temperature) is in the ratio and cannot be told from B.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tasks.statistics.comparison import Comparison, Plan, judged
from tasks.statistics.interval import student

MOST = 1000


def between_sessions(a: Sequence[float], b: Sequence[float], plan: Plan) -> Comparison:
    """The verdict on times of fresh processes of A and of B, all above 0; there is one look.

    Welch's t over log times (1947, Biometrika 34:28-35). Below two processes a side there is no interval.
    """
    logs, n = (np.log(np.asarray(a, dtype=np.float64)), np.log(np.asarray(b, dtype=np.float64))), min(len(a), len(b))
    if n < 2:
        reason = f"{n} process a side says nothing of the next one; two are the least"
        return Comparison("UNDECIDED", None, None, plan.margin, n, 1.0, 1.0, reason)
    parts = [float(x.var(ddof=1)) / len(x) for x in logs]
    error = math.sqrt(sum(parts))
    spread = sum(part**2 / (len(x) - 1) for part, x in zip(parts, logs))  # noqa: B905  (Python 3.9)
    degrees = sum(parts) ** 2 / spread if spread > 0 else float(len(a) + len(b) - 2)
    return judged(float(logs[1].mean() - logs[0].mean()), error, degrees, 1, n, plan, "processes a side")


def processes_needed(a: Sequence[float], b: Sequence[float], plan: Plan) -> int | None:
    """About how many processes a side make the interval of the ratio as narrow as the margin, by those seen so far.

    The least n with t(2n-2) · s · √(2/n) ≤ ln(1 + margin), s pooled; None below two processes a side, or above `MOST`.
    """
    if min(len(a), len(b)) < 2:
        return None
    deviation = math.sqrt((float(np.log(a).var(ddof=1)) + float(np.log(b).var(ddof=1))) / 2)
    for n in range(2, MOST + 1):
        if student(plan.confidence, 2 * n - 2) * deviation * math.sqrt(2 / n) <= math.log1p(plan.margin):
            return n
    return None
