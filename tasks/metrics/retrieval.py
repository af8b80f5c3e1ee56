"""How often a right answer is among the nearest: recall at 1 and at 10, every sample asked for among all others.

From the vectors of the accuracy process (`tasks/modalities/embedding.py`). The interval is over queries, clustered by
source; that they share one gallery is not in it.
"""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from tasks.metrics._judged import groups_of, mean_of, predictions
from tasks.metrics.base import Metric
from tasks.modalities._vectors import of_text
from tasks.results.measurement import Estimate, Measurement
from tasks.statistics import clustered_proportion_interval, proportion_interval, retrieved


def recall(measurement: Measurement, k: int) -> Estimate | None:
    """The share of samples with an answer among the ``k`` nearest, of those whose answer was predicted at all."""
    table = predictions(measurement, "truth", "embedding", "simple")
    if table is None:
        return None
    state = partial(Estimate, unit="fraction", processes=1)
    vectors, truths = _vectors(table["embedding"]), table["truth"].tolist()
    if not np.isfinite(vectors).all():
        return state(None, n=len(table), note="not stated: outputs are not finite")
    hits = pd.Series(retrieved(vectors, truths, k), index=table.index).dropna()
    if hits.empty:
        return state(None, n=0, note=f"not stated: no answer is among the {len(table)} samples that were predicted")
    simple = retrieved(_vectors(table["simple"]), truths, k)
    beside = f"how often each colour or byte is there: {np.nanmean(simple):.3f}; chance: {_chance(table, k):.3f}"
    gallery = f"{len(hits)} of {len(table)} samples asked for among all others"
    return _stated(table.loc[hits.index], hits, f"{gallery}; {beside}")


def gain(measurement: Measurement) -> Estimate | None:
    """Recall at 1 less that of the plainest vectors, query by query."""
    table = predictions(measurement, "truth", "embedding", "simple")
    if table is None or not np.isfinite(vectors := _vectors(table["embedding"])).all():
        return None
    truths = table["truth"].tolist()
    more = retrieved(vectors, truths, 1) - retrieved(_vectors(table["simple"]), truths, 1)
    each = pd.Series(more, index=table.index).dropna()
    said = f"found by the model alone {int((each > 0).sum())}, by the counts alone {int((each < 0).sum())}"
    return mean_of(table.loc[each.index], each, "fraction", said) if len(each) else None


def _vectors(texts: "pd.Series[str]") -> Any:
    """(n, size) float32."""
    return np.stack([of_text(text) for text in texts])


def _chance(table: pd.DataFrame, k: int) -> float:
    """What equal vectors reach: every order of the others is as likely."""
    hits = retrieved(np.ones((len(table), 1)), table["truth"].tolist(), k)
    return float(np.nanmean(hits))


def _stated(table: pd.DataFrame, hits: "pd.Series[float]", note: str) -> Estimate:
    """With the interval of a proportion; with that of a mean where ties are counted by their chances."""
    if not hits.isin([0.0, 1.0]).all():
        mean = mean_of(table, hits, "fraction", note)
        low, high = (None if end is None else min(max(end, 0.0), 1.0) for end in (mean.low, mean.high))
        return Estimate(mean.value, "fraction", low, high, mean.n, 1, mean.note)
    right, groups = hits.astype(bool).tolist(), groups_of(table)
    whole = partial(Estimate, float(hits.mean()), "fraction", n=len(hits), processes=1)
    if groups is None:
        exact = proportion_interval(sum(right), len(right))
        return whole(exact.low, exact.high, note=f"exact interval over {len(right)} queries; {note}")
    wide = clustered_proportion_interval(right, groups)
    return whole(wide.low, wide.high, note=f"interval clustered by source: {len(set(groups))} groups; {note}")


Output = partial(Metric, "retrieval", unit="fraction", direction="higher", boundary="output")

METRICS = (
    *(
        Output(
            name=f"retrieval_recall_at_{k}",
            formula=f"queries with an answer among the {k} nearest by cosine / queries",
            compute=partial(recall, k=k),
        )
        for k in (1, 10)
    ),
    Output(
        name="retrieval_gain_at_1",
        formula="mean over queries of recall at 1 less that of counts of colours, or of bytes",
        compute=gain,
    ),
)
