"""When to stop measuring: the interval is narrow enough, or the budget has ended. Which of them is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tasks.statistics.interval import CONFIDENCE, Interval

Ended = Literal["narrow enough", "budget of units", "budget of time"]


@dataclass(frozen=True)
class Budget:
    """``half_width``: the target, relative to the point. ``most``: units (processes, blocks); ``most_s``: seconds."""

    half_width: float
    most: int
    most_s: float

    def ended(self, point: float, interval: Interval | None, units: int, spent_s: float) -> Ended | None:
        """Why to stop now; None to go on. Narrow enough comes first."""
        if interval is not None and (interval.high - interval.low) / 2 <= self.half_width * abs(point):
            return "narrow enough"
        if units >= self.most:
            return "budget of units"
        return "budget of time" if spent_s >= self.most_s else None


def look_confidence(look: int, confidence: float = CONFIDENCE) -> float:
    """Confidence of the interval at the look-th look, 1, 2, …: 1 - α / (look (look + 1)).

    A look that may end the measuring is chosen by what it shows, so that a plain interval covers too seldom. The shares
    α / (j (j + 1)) sum to α: the interval at whatever look it ended covers at the stated rate, however many there could
    have been (Bonferroni; spending as in Lan & DeMets 1983, Biometrika 70:659-663).
    """
    if look < 1:
        raise ValueError(f"looks are counted from 1, not {look}")
    return 1 - (1 - confidence) / (look * (look + 1))
