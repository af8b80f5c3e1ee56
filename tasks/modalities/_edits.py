"""How many edits make one sequence of another: Levenshtein's distance, of words or of characters."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np


def edits(wanted: Sequence[Any], given: Sequence[Any]) -> int:
    """The fewest insertions, deletions, and substitutions; Wagner and Fischer, JACM 21 (1974), a row at a time.

    Along a row an insertion costs one each, so the least of it is a running minimum of what is above less the place.
    """
    known = {symbol: k for k, symbol in enumerate(dict.fromkeys([*wanted, *given]))}
    across = np.array([known[symbol] for symbol in given], dtype=np.int64)
    places = np.arange(len(given) + 1)
    row = places
    for symbol in wanted:
        above = np.concatenate([row[:1] + 1, np.minimum(row[1:] + 1, row[:-1] + (across != known[symbol]))])
        row = np.minimum.accumulate(above - places) + places
    return int(row[-1])
