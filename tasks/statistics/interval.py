"""A closed interval of plausible values, and how intervals combine. Unit: that of the numbers that went in."""

from __future__ import annotations

import math
from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """``low`` ≤ ``high``; both finite."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise ValueError(f"[{self.low}, {self.high}] is not an interval")

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def hull(self, other: Interval | None) -> Interval:
        """The smallest interval that holds both."""
        return self if other is None else Interval(min(self.low, other.low), max(self.high, other.high))

    def containing(self, value: float) -> Interval:
        """The smallest interval that holds this one and the value."""
        return self.hull(Interval(value, value))

    def not_below(self, lowest: float) -> Interval:
        """Without the part below a bound that the quantity cannot cross, such as a latency below 0."""
        return Interval(max(self.low, lowest), max(self.high, lowest))


def tail(confidence: float) -> float:
    """Probability of each of two equal tails. Raises ValueError unless 0 < confidence < 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; give a number between 0 and 1")
    return (1 - confidence) / 2


def student(confidence: float, degrees: float) -> float:
    """Two-sided critical value of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 1 - tail(confidence)))
