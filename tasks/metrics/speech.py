"""How much of what is said is written wrong: word and character error rate, one constant answer beside them.

From sums of edits of the accuracy process (`tasks/modalities/speech.py`). The interval is of the ratio of sums,
clustered by source; a rate may exceed 1, where more is written than was said.
"""

from functools import partial

from tasks.metrics._judged import clustered_ratio, predictions, share_of, varying
from tasks.metrics.base import Metric
from tasks.results.measurement import Estimate, Measurement


def rate(measurement: Measurement, edited: str, of: str) -> Estimate | None:
    """Σ edits / Σ true words or characters of all recordings."""
    table = predictions(measurement, edited, f"constant_{edited}", of)
    if table is None:
        return None
    value, interval, said = clustered_ratio(table, table[edited], table[of])
    interval = varying(interval)
    low, high = (max(interval.low, 0.0), interval.high) if interval else (None, None)
    wrong, total = int(table[edited].sum()), int(table[of].sum())
    simple = 100 * table[f"constant_{edited}"].sum() / total
    note = (
        f"{wrong:,} edits in {total:,} {of} of {len(table)} recordings; {said}; always the same answer: {simple:.1f} %"
    )
    return Estimate(value, "fraction", low, high, n=len(table), processes=1, note=note)


def exact_match(measurement: Measurement) -> Estimate | None:
    """The share of recordings of which every word is right."""
    table = predictions(measurement, "word_edits", "constant_word_edits")
    return None if table is None else share_of(table, table["word_edits"] == 0)


Output = partial(Metric, "speech", unit="fraction", boundary="output")

METRICS = (
    Output(
        name="speech_wer",
        direction="lower",
        formula="fewest insertions, deletions, and substitutions of words / true words",
        compute=partial(rate, edited="word_edits", of="words"),
    ),
    Output(
        name="speech_cer",
        direction="lower",
        formula="fewest insertions, deletions, and substitutions of characters / true characters, spaces among them",
        compute=partial(rate, edited="character_edits", of="characters"),
    ),
    Output(
        name="speech_exact_match",
        direction="higher",
        formula="recordings without an edit / recordings",
        compute=exact_match,
    ),
)
