"""How well a language model foresees a text: perplexity, bits per byte, and next tokens that it has right.

From sums over the places of each text of the accuracy process (`tasks/modalities/language_generation.py`). The interval
is of the ratio of sums, clustered by source, and beside it stands the best unigram of the same text.
"""

import math
from functools import partial

import pandas as pd

from tasks.metrics._judged import clustered_ratio, predictions
from tasks.metrics.base import Metric
from tasks.results.measurement import Estimate, Measurement


def perplexity(measurement: Measurement) -> Estimate | None:
    """exp of the mean surprise a token: among how many equally likely tokens the model is undecided."""
    table = predictions(measurement, "nll", "unigram_nll", "tokens")
    if table is None:
        return None
    simple = math.exp(table["unigram_nll"].sum() / table["tokens"].sum())
    found = _ratio(table, table["nll"], table["tokens"], "tokens", f"a unigram of this text: {simple:.1f}")
    low, value, high = (None if x is None else math.exp(min(x, 700.0)) for x in (found.low, found.value, found.high))
    return Estimate(value, "tokens", low, high, found.n, found.processes, found.note)


def bits(measurement: Measurement) -> Estimate | None:
    """What an arithmetic coder with this model would need; it does not depend on what a token is."""
    table = predictions(measurement, "nll", "unigram_nll", "bytes")
    if table is None:
        return None
    simple = table["unigram_nll"].sum() / table["bytes"].sum() / math.log(2)
    return _ratio(
        table, table["nll"] / math.log(2), table["bytes"], "bits/byte", f"a unigram of this text: {simple:.2f}"
    )


def next_token(measurement: Measurement) -> Estimate | None:
    """The share of places whose likeliest token is the true one."""
    table = predictions(measurement, "right", "tokens")
    return None if table is None else _ratio(table, table["right"], table["tokens"], "fraction", "")


def _ratio(
    table: pd.DataFrame, above: "pd.Series[float]", below: "pd.Series[float]", unit: str, beside: str
) -> Estimate:
    """Σ above / Σ below over all texts; not stated where the model's answer is no number."""
    if above.isna().any():
        return Estimate(None, unit, n=len(table), processes=1, note="not stated: outputs are not finite")
    value, interval, said = clustered_ratio(table, above, below)
    low, high = (max(interval.low, 0.0), interval.high) if interval else (None, None)
    note = "; ".join(filter(None, (f"{int(below.sum()):,} tokens of {len(table)} texts", said, beside)))
    return Estimate(value, unit, low, high, n=len(table), processes=1, note=note)


Output = partial(Metric, "text", boundary="output")

METRICS = (
    Output(
        name="text_perplexity",
        unit="tokens",
        direction="lower",
        formula="exp(Σ -ln p(true token) / tokens)",
        compute=perplexity,
    ),
    Output(
        name="text_bits_per_byte",
        unit="bits/byte",
        direction="lower",
        formula="Σ -log2 p(true token) / bytes",
        compute=bits,
    ),
    Output(
        name="text_next_token",
        unit="fraction",
        direction="higher",
        formula="places whose likeliest token is the true one / tokens",
        compute=next_token,
    ),
)
