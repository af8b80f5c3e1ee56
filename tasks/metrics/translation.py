"""How much of a translation is in its reference: BLEU and chrF of the whole data set, the copied source beside them.

From sums of matching n-grams of the accuracy process (`tasks/modalities/translation.py`), as sacreBLEU computes them
(Post, arXiv 1804.08771): nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp, and chrF2 without white space. The interval is a
jackknife over independent sources.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.metrics._judged import predictions, share_of, units_of, varying
from tasks.metrics.base import Metric
from tasks.results.measurement import Estimate, Measurement
from tasks.statistics import jackknife_of_sums

Sums = NDArray[np.float64]
WORDS, CHARACTERS = 4, 6  # the longest n-grams
RECALL = 4.0  # chrF2: β² of recall against precision


def score(
    measurement: Measurement, of: Callable[[Sums], Any], parts: Callable[[pd.DataFrame, str], Any], unit: str
) -> Estimate | None:
    """A function of sums over all texts, and the same of their copied sources."""
    table = predictions(measurement, "true_tokens", "copy_tokens", "letter_match_1")
    if table is None:
        return None
    units, said = units_of(table)
    rows = pd.DataFrame(parts(table, ""), index=table.index).groupby(units).sum().to_numpy(np.float64)
    interval = varying(jackknife_of_sums(rows, of))
    low, high = (max(interval.low, 0.0), min(interval.high, 100.0)) if interval else (None, None)
    simple = float(of(np.sum(parts(table, "copy_"), axis=0)))
    note = f"{len(table)} texts; {said}; the source copied: {simple:.1f}"
    return Estimate(float(of(rows.sum(axis=0))), unit, low, high, n=len(table), processes=1, note=note)


def exact_match(measurement: Measurement) -> Estimate | None:
    """The share of texts that are their reference, but for white space."""
    table = predictions(measurement, "true_tokens", "exact")
    return None if table is None else share_of(table, table["exact"])


def word_sums(table: pd.DataFrame, who: str) -> Sums:
    """(texts, 10): tokens, those of the reference, and matches and n-grams of each length."""
    total = [_grams(table[f"{who}tokens"], n) for n in range(1, WORDS + 1)]
    matched = [table[f"{who}match_{n}"] for n in range(1, WORDS + 1)]
    return np.column_stack([table[f"{who}tokens"], table["true_tokens"], *matched, *total]).astype(np.float64)


def letter_sums(table: pd.DataFrame, who: str) -> Sums:
    """(texts, 18): for each length matches, n-grams of the answer, and of the reference.

    Those of an answer do not count where its reference is too short to have any.
    """
    found = []
    for n in range(1, CHARACTERS + 1):
        true = _grams(table["true_letters"], n)
        found += [table[f"{who}letter_match_{n}"], _grams(table[f"{who}letters"], n) * (true > 0), true]
    return np.column_stack(found).astype(np.float64)


def _grams(length: "pd.Series[int]", n: int) -> "pd.Series[int]":
    return (length - n + 1).clip(lower=0)


def bleu(sums: Sums) -> Any:
    """(…, 10) → (…), 0 … 100: the brevity penalty times the geometric mean of four precisions.

    A precision of 0 counts as 1/2, 1/4, … of a match (Chen and Cherry, WMT 2014, method 3).
    """
    given, true = sums[..., 0], sums[..., 1]
    matched, total = sums[..., 2 : 2 + WORDS], sums[..., 2 + WORDS :]
    none = matched == 0
    counted = np.where(none, 0.5 ** np.cumsum(none, axis=-1), matched)
    mean = np.exp(np.log(counted / np.maximum(total, 1)).mean(axis=-1))
    short = np.exp(np.minimum(0.0, 1 - true / np.maximum(given, 1)))
    known = (total > 0).all(axis=-1) & (matched > 0).any(axis=-1)
    return np.where(known, 100 * short * mean, 0.0)


def chrf(sums: Sums) -> Any:
    """(…, 18) → (…), 0 … 100: F₂ of the mean precision and the mean recall of the lengths that both sides have."""
    matched, given, true = (sums[..., k::3] for k in range(3))
    both = (given > 0) & (true > 0)
    lengths = np.maximum(both.sum(axis=-1), 1)
    precision, recall = ((matched / np.maximum(of, 1) * both).sum(axis=-1) / lengths for of in (given, true))
    below = RECALL * precision + recall
    return np.where(below > 0, 100 * (1 + RECALL) * precision * recall / np.where(below > 0, below, 1), 0.0)


Output = partial(Metric, "translation", direction="higher", boundary="output")

METRICS = (
    Output(
        name="translation_bleu",
        unit="BLEU",
        formula="min(1, e^(1 - true tokens / tokens)) · ⁴√(Π matching / all n-grams) · 100, tokens as of mteval-v13a",
        compute=partial(score, of=bleu, parts=word_sums, unit="BLEU"),
    ),
    Output(
        name="translation_chrf",
        unit="chrF",
        formula="F₂ of mean precision and mean recall of n-grams of 1 … 6 characters, · 100",
        compute=partial(score, of=chrf, parts=letter_sums, unit="chrF"),
    ),
    Output(
        name="translation_exact_match",
        unit="fraction",
        formula="texts that are their reference / texts",
        compute=exact_match,
    ),
)
