"""Accuracy: the share of samples whose label is the model's best class, or among its best five.

From the accuracy process, which predicts each sample once. The interval is exact (Clopper-Pearson), and clustered by
the ``group`` column where samples share a source: crops of one picture are right or wrong together.
"""

from functools import partial

import numpy as np
import pandas as pd

from tasks.metrics._judged import groups_of, not_evaluated, predictions
from tasks.metrics.base import Metric
from tasks.results.measurement import Estimate, Measurement
from tasks.statistics import clustered_proportion_interval, proportion_interval


def top1(measurement: Measurement) -> Estimate | None:
    """The share of samples whose best class is the label; not stated, with the reason, where nothing was judged."""
    if why := not_evaluated(measurement):
        return Estimate(None, "fraction", note=f"not evaluated: {why}")
    table = predictions(measurement, "label", "predicted")
    return None if table is None else _share(table, (table["predicted"] == table["label"]).to_numpy())


def top5(measurement: Measurement) -> Estimate | None:
    """The share of samples whose label is among the best five; None when the model ranks fewer than five classes."""
    table = predictions(measurement, "top5")
    return None if table is None else _share(table, table["top5"].to_numpy(dtype=bool))


def _share(table: pd.DataFrame, right: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Estimate:
    share = partial(Estimate, float(right.mean()), "fraction", n=len(right), processes=1)
    groups = groups_of(table)
    if groups is None:
        exact = proportion_interval(int(right.sum()), len(right))
        return share(exact.low, exact.high, note=f"exact interval over {len(right)} independent samples")
    found = clustered_proportion_interval(right.tolist(), groups)
    return share(found.low, found.high, note=f"interval clustered by source: {len(set(groups))} groups")


METRICS = (
    Metric("accuracy", "accuracy_top1", "fraction", "higher", "output", "label = best class / samples", top1),
    Metric("accuracy", "accuracy_top5", "fraction", "higher", "output", "label in best five / samples", top5),
)
