"""How well clicks are foretold: ROC AUC and log loss, beside the items' popularity and the truth, where it is known.

From the scores of the accuracy process (`tasks/modalities/recommendation.py`). Intervals are clustered by the group, a
user.
"""

from collections.abc import Hashable
from functools import partial

import numpy as np
import pandas as pd

from tasks.metrics._judged import groups_of, mean_of, predictions
from tasks.metrics.base import Metric
from tasks.results.measurement import Estimate, Measurement
from tasks.statistics import auc, auc_gain, auc_interval

BESIDE = {"popularity": "popularity of the items alone", "probability": "the true probabilities, the best there is"}
LEAST_SHARE = 1e-15


def area(measurement: Measurement) -> Estimate | None:
    """P(a pair that was clicked has the higher score than one that was not), ties half."""
    table = predictions(measurement, "truth", "score", "loss")
    if table is None:
        return None
    state, truths = partial(Estimate, unit="AUC", n=len(table), processes=1), _truths(table)
    if why := _unranked(table):
        return state(None, note=f"not stated: {why}")
    units, said = _units(table)
    interval = auc_interval(table["score"].tolist(), truths, units)
    low, high = (interval.low, interval.high) if interval else (None, None)
    beside = [f"{words}: {auc(table[name].tolist(), truths):.4f}" for name, words in BESIDE.items() if name in table]
    return state(auc(table["score"].tolist(), truths), low=low, high=high, note="; ".join([said, *beside]))


def gain(measurement: Measurement, name: str, sign: int) -> Estimate | None:
    """AUC less that of a column beside it, or the other way round, on the same samples; None where it is not known."""
    table = predictions(measurement, "truth", "score", "loss", name)
    if table is None or _unranked(table):
        return None
    units, said = _units(table)
    value, interval = auc_gain(table["score"].tolist(), table[name].tolist(), _truths(table), units)
    low, high = sorted((sign * interval.low, sign * interval.high)) if interval else (None, None)
    return Estimate(sign * value, "AUC", low, high, n=len(table), processes=1, note=said)


def _truths(table: pd.DataFrame) -> list[bool]:
    return list(table["truth"].astype(bool))


def _unranked(table: pd.DataFrame) -> str:
    """Why there is no ranking; else nothing."""
    if not np.isfinite(table["score"]).all():
        return "outputs are not finite"
    one = table["truth"].nunique() < 2
    return f"all {len(table)} truths are {table['truth'].iloc[0]}" if one else ""


def _units(table: pd.DataFrame) -> tuple[list[Hashable], str]:
    """What is independent, one a row, and what is said of it."""
    groups = groups_of(table)
    if groups is None:
        return list(range(len(table))), f"{len(table)} independent samples"
    return list(groups), f"interval clustered by group: {len(set(groups))} groups"


def loss(measurement: Measurement) -> Estimate | None:
    """-ln of the probability that the model gave to what was true, the mean over samples."""
    table = predictions(measurement, "truth", "score", "loss")
    if table is None:
        return None
    if not np.isfinite(table["loss"]).all():
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
        name="ranking_gain",
        unit="AUC",
        direction="higher",
        formula="ROC AUC less that of the items' popularity alone, on the same samples",
        compute=partial(gain, name="popularity", sign=1),
    ),
    Output(
        name="ranking_shortfall",
        unit="AUC",
        direction="lower",
        formula="ROC AUC of the true probabilities, the best there is, less that of the model, on the same samples",
        compute=partial(gain, name="probability", sign=-1),
    ),
    Output(
        name="ranking_log_loss",
        unit="nats",
        direction="lower",
        formula="mean over samples of -ln p(truth)",
        compute=loss,
    ),
)
