"""How well clicks are foretold: ROC AUC and log loss, beside the items' popularity and the truth, where it is known.

From the scores of the accuracy process (`tasks/modalities/recommendation.py`). Intervals are clustered by the group, a
user.
"""

from functools import partial

import numpy as np
import pandas as pd

from tasks.metrics._judged import groups_of, mean_of, predictions
from tasks.metrics.base import Metric
from tasks.results.measurement import Estimate, Measurement
from tasks.statistics import auc, auc_interval

BESIDE = {"popularity": "popularity of the items alone", "probability": "the true probabilities, the best there is"}
LEAST_SHARE = 1e-15


def area(measurement: Measurement) -> Estimate | None:
    """P(a pair that was clicked has the higher score than one that was not), ties half."""
    table = predictions(measurement, "truth", "score", "loss")
    if table is None:
        return None
    state = partial(Estimate, unit="AUC", n=len(table), processes=1)
    truths = table["truth"].astype(bool).tolist()
    if table["score"].isna().any():
        return state(None, note="not stated: outputs are not finite")
    if len(set(truths)) < 2:
        return state(None, note=f"not stated: all {len(truths)} truths are {table['truth'].iloc[0]}")
    groups = groups_of(table)
    interval = auc_interval(table["score"].tolist(), truths, groups or range(len(table)))
    said = f"interval clustered by group: {len(set(groups))} groups" if groups else f"{len(table)} independent samples"
    low, high = (interval.low, interval.high) if interval else (None, None)
    beside = [f"{words}: {auc(table[name].tolist(), truths):.4f}" for name, words in BESIDE.items() if name in table]
    return state(auc(table["score"].tolist(), truths), low=low, high=high, note="; ".join([said, *beside]))


def loss(measurement: Measurement) -> Estimate | None:
    """-ln of the probability that the model gave to what was true, the mean over samples."""
    table = predictions(measurement, "truth", "score", "loss")
    if table is None:
        return None
    if table["loss"].isna().any():
        return Estimate(None, "nats", n=len(table), processes=1, note="not stated: outputs are not finite")
    known = [f"{words}: {_loss(table, name):.4f}" for name, words in BESIDE.items() if name in table]
    return mean_of(table, table["loss"], "nats", "; ".join(known))


def _loss(table: pd.DataFrame, name: str) -> float:
    """Of the probabilities in a column."""
    shares = np.where(table["truth"].astype(bool), table[name], 1 - table[name])
    return float(-np.log(np.maximum(shares, LEAST_SHARE)).mean())


Output = partial(Metric, "ranking", boundary="output")

METRICS = (
    Output(
        name="ranking_auc",
        unit="AUC",
        direction="higher",
        formula="P(score of a clicked pair > score of another) + P(equal) / 2",
        compute=area,
    ),
    Output(
        name="ranking_log_loss",
        unit="nats",
        direction="lower",
        formula="mean over samples of -ln p(truth)",
        compute=loss,
    ),
)
