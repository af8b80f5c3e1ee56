"""Numbers as people read them: as many digits as the interval supports, units that suit the size."""

import math
from dataclasses import dataclass

from tasks.results.measurement import Estimate

SCALES = {"fraction": (100.0, "%"), "bytes": (2.0**-20, "MiB"), "us": (1.0, "µs")}
NONE = "–"
MOST_DIGITS = 4


@dataclass(frozen=True)
class Shown:
    """One estimate in words; ``interval`` is empty without one."""

    value: str
    unit: str
    interval: str

    @property
    def full(self) -> str:
        """Value and unit."""
        return f"{self.value} {self.unit}" if self.value != NONE else NONE


def shown(estimate: Estimate) -> Shown:
    """The estimate's value, unit, and «low – high», all in one unit with the same decimals."""
    scale, unit = SCALES.get(estimate.unit, (1.0, estimate.unit))
    if estimate.value is None:
        return Shown(NONE, unit, "")
    if isinstance(estimate.value, int) and scale == 1 and estimate.low is None:
        return Shown(f"{estimate.value:,}", unit, "")  # a count, such as a batch size, has no digits to choose
    value = estimate.value * scale
    if estimate.low is None or estimate.high is None:
        return Shown(f"{value:,.{_decimals(value, None)}f}", unit, "")
    low, high = estimate.low * scale, estimate.high * scale
    decimals = _decimals(value, (high - low) / 2)
    return Shown(f"{value:,.{decimals}f}", unit, f"{low:,.{decimals}f} – {high:,.{decimals}f}")


def _decimals(value: float, half: float | None) -> int:
    """Two digits of the interval's half width, at most four digits of the value."""
    before = math.floor(math.log10(abs(value))) + 1 if value else 1
    if not half:
        return max(0, MOST_DIGITS - before)
    wanted = 1 - math.floor(math.log10(half))
    return max(0, min(wanted, MOST_DIGITS - before))


def seconds(value: float) -> str:
    """A duration with a digit or two behind the point."""
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def percent(share: float) -> str:
    """A share in percent by two figures, without an exponent: «3.1 %», «350 %»."""
    value = 100 * share
    return f"{value:.2g} %" if abs(value) < 99.5 else f"{value:.0f} %"
