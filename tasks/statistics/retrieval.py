"""How often a right answer is among the nearest: recall at k, where every sample is asked for among all others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

TIED = 1e-6  # cosines nearer than this are equal: float32 vectors say no more
PART = 512  # queries at once


def retrieved(vectors: Any, truths: Sequence[int], k: int) -> Any:
    """(n,) the chance that one of the ``k`` nearest of all others has the same truth, NaN where no other has it.

    ``vectors`` is (n, size), of any length but compared by their cosines. It is 0 or 1 but for ties, which are taken in
    every order: so one vector for all samples finds by chance. The numerator of recall@k as Musgrave et al. (arXiv
    2003.08505) and those before them use it, where at least one right answer counts.
    """
    units, same = unit(vectors), np.asarray(truths)
    parts = [_part(units, same, start, k) for start in range(0, len(units), PART)]
    return np.concatenate(parts) if parts else np.empty(0)


def unit(vectors: Any) -> Any:
    """(n, size) float64 of length 1; what has no length stays 0."""
    values = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.where(lengths > 0, lengths, 1.0)


def _part(units: Any, same: Any, start: int, k: int) -> Any:
    cosines = units[start : start + PART] @ units.T
    places = np.arange(start, start + len(cosines))
    right = same[places][:, None] == same[None]
    right[np.arange(len(cosines)), places] = False
    cosines[np.arange(len(cosines)), places] = -np.inf  # no sample is its own answer
    best = np.where(right, cosines, -np.inf).max(axis=1, keepdims=True)
    best = np.where(np.isfinite(best), best, 2.0)  # no right answer: nothing is as near
    above, tied = (cosines > best + TIED).sum(axis=1), np.abs(cosines - best) <= TIED
    good, bad = (tied & right).sum(axis=1), (tied & ~right).sum(axis=1)
    chances = [_chance(int(g), int(b), k - int(a)) for g, b, a in zip(good, bad, above)]  # noqa: B905  (Python 3.9)
    return np.where(right.any(axis=1), chances, np.nan)


def _chance(good: int, bad: int, left: int) -> float:
    """That one of ``good`` is among the first ``left`` of all in a random order: 1 - C(bad, left) / C(all, left)."""
    if left <= 0 or not good:
        return 0.0
    if left > bad:
        return 1.0
    return 1 - math.comb(bad, left) / math.comb(good + bad, left)
