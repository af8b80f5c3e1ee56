"""Where a series has warmed up: the numbers at its start that are not yet like the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.statistics.means import Numbers

BATCH = 5


@dataclass(frozen=True)
class Warmup:
    """``samples`` numbers at the start to leave out; ``settled``: the series had stopped moving before its half.

    ``found``: those numbers differ from the rest by more than chance, rather than being left out as a precaution.
    """

    samples: int
    found: bool
    settled: bool


def warmup(xs: Numbers) -> Warmup:
    """MSER-5 (White 1997; Hoad, Robinson & Davies 2010, J. Oper. Res. Soc. 61:1511-1520) on the ranks of ``xs``.

    Leave out the d ≤ m/2 of m batches of five that make Σ_{i>d} (b_i - b̄_d)² / (m - d)² least; d = m/2: not settled.
    Ranks (Conover & Iman 1981) instead of values, so that one late outlier does not decide. ``found``: the ranks left
    out lie more than four standard errors from the kept ones, each error from the kept batches' variance and lag-1
    autocorrelation. Fewer than 20 numbers: nothing is left out.
    """
    values = np.asarray(xs, dtype=np.float64)
    if len(values) < 4 * BATCH:
        return Warmup(0, found=False, settled=True)
    batches = _ranks(values)[: len(values) // BATCH * BATCH].reshape(-1, BATCH).mean(axis=1)
    m = len(batches)
    left = np.arange(m, 0, -1)
    tails, squares = np.cumsum(batches[::-1])[::-1], np.cumsum(batches[::-1] ** 2)[::-1]
    spread = squares - tails**2 / left
    spread[spread < 1e-12 * m] = 0.0  # what rounding leaves of equal numbers
    cut = int(np.argmin((spread / left**2)[: m // 2 + 1]))
    found = cut > 0 and _differ(batches[:cut], batches[cut:])
    return Warmup(cut * BATCH, found, settled=cut < m // 2)


def _ranks(values: Any) -> Any:
    """0 … 1; equal numbers share their mean rank."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place] / len(values)


def _differ(start: Any, rest: Any) -> bool:
    centred = rest - rest.mean()
    variance = float(centred @ centred) / len(rest)
    if variance == 0:
        return bool(start.mean() != rest.mean())
    rho = min(max(float(centred[1:] @ centred[:-1]) / len(rest) / variance, 0.0), 0.99)
    error = math.sqrt(variance * (1 + rho) / (1 - rho) * (1 / len(start) + 1 / len(rest)))
    return bool(abs(start.mean() - rest.mean()) > 4 * error)
