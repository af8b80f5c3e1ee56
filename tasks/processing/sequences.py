"""Steps on scores along time: (batch, steps, symbols) → texts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from tasks.errors import Refused
from tasks.plugins import Range
from tasks.processing.registry import after


@after
def ctc_greedy(
    scores: Any, *, symbols: list[str], blank: Annotated[int, Range(ge=0)], layout: Literal["NTC", "NCT"]
) -> list[str]:
    """Scores of every step → a text a sample: the likeliest symbol, repeats as one, then without ``blank``.

    Graves et al. (ICML 2006), §3.2, best path. ``symbols`` are the texts of the classes (the blank's is not used), put
    together as they are; white space at both ends is cut. Raises Refused for scores of another shape.
    """
    if blank >= len(symbols):
        raise Refused(f"ctc_greedy: blank is {blank}, but there are only {len(symbols)} symbols.")
    if isinstance(scores, tuple):
        raise Refused(f"ctc_greedy reads the scores of one output, this model has {len(scores)}.")
    found = np.asarray(scores)
    axis = 1 if layout == "NCT" else 2
    if found.ndim != 3 or found.shape[axis] != len(symbols):
        wanted = f"(batch, {len(symbols)}, steps)" if axis == 1 else f"(batch, steps, {len(symbols)})"
        raise Refused(
            f"ctc_greedy reads scores of {len(symbols)} symbols as {layout}, {wanted}; these are {found.shape}. "
            "Correct the step's symbols or layout in the model's manifest."
        )
    best = np.nan_to_num(found, nan=-np.inf).argmax(axis=axis)
    kept = (best != blank) & np.concatenate([np.ones((len(best), 1), bool), best[:, 1:] != best[:, :-1]], axis=1)
    return ["".join(symbols[k] for k in row[keep]).strip() for row, keep in zip(best, kept)]  # noqa: B905
