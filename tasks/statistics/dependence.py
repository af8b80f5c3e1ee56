"""How many independent numbers a series that depends on itself is worth, for the purpose of one percentile.

In: one series a process or replication, in the order of time. Knows nothing of queues or clocks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks.statistics.means import Numbers
from tasks.statistics.percentiles import percentile

SEEN = 20  # numbers beyond a quantile that show whether they come in runs


def effective_size(series: Sequence[Numbers], p: float, alike: bool = False) -> float:
    """N / (1 + 2 Σ ρ_h), at most N, with the N numbers of all series and the autocorrelation ρ of «x ≤ its p-quantile».

    That indicator is what an order statistic counts, so that its variance p (1-p) (1 + 2 Σ ρ_h) / N is the one that
    matters (Heidelberger & Lewis 1984, Operations Research 32:185-209). The sum ends before the first pair of lags
    that is not positive (Geyer 1992, Statistical Science 7:473-483); «positive» is here above two standard errors of
    white noise, 2 √(2/N), so that independent numbers are worth their own count. Where fewer than `SEEN` numbers of a
    series lie beyond its quantile, the nearest quantile that has them is judged instead.
    Each series is held against its own quantile, so that how far apart series lie is not dependence; series that are
    ``alike``, replications of one thing, are held against the common one, which sees slower movements.
    """
    arrays = [np.asarray(x, dtype=np.float64) for x in series]
    total, shortest = sum(len(x) for x in arrays), min(len(x) for x in arrays)
    rare = min(SEEN / shortest, 0.5)
    judged = p if alike else min(max(p, rare), 1 - rare)
    common = percentile(np.concatenate(arrays), judged) if alike else None
    below = [(x <= (percentile(x, judged) if common is None else common)).astype(np.float64) for x in arrays]
    share = float(np.concatenate(below).mean()) if alike else None
    rho = _autocorrelation([b - (b.mean() if share is None else share) for b in below])
    pairs = rho[1 : 2 * ((len(rho) - 1) // 2) + 1].reshape(-1, 2).sum(axis=1)
    small = np.flatnonzero(pairs <= 2 * math.sqrt(2 / total))
    found = pairs[: small[0]] if len(small) else pairs
    return total / (1 + 2 * float(found.sum()))


def _autocorrelation(centred: list[Any]) -> Any:
    """ρ at lags 0 … of all series together, up to half of the shortest; all 0 but the first where nothing varies."""
    lags = max(min(len(x) for x in centred) // 2, 1)
    sums = np.zeros(lags)
    for x in centred:
        spectrum = np.fft.rfft(x, 2 ** math.ceil(math.log2(2 * len(x))))
        sums += np.fft.irfft(spectrum * spectrum.conj())[:lags]
    if sums[0] <= 1e-9:
        return np.eye(1, lags)[0]
    return sums / sums[0]
