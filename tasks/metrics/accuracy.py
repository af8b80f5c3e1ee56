"""Accuracy: the share of samples whose label is the model's best class, or among its best five.

From the accuracy process, which predicts each sample once. The interval is exact (Clopper-Pearson), and clustered by
the ``group`` column where samples share a source: crops of one picture are right or wrong together.
"""

from functools import partial

import numpy as np
import pandas as pd

from tasks.metrics.base import Metric
from tasks.results.measurement import Estimate, Measurement
from tasks.statistics import clustered_proportion_interval, proportion_interval


def top1(measurement: Measurement) -> Estimate | None:
    """The share of samples whose best class is the label; None without an accuracy process."""
    if any(p.facts.get("service_ms") is not None for p in measurement.timed):
        return Estimate(None, "fraction", note="not evaluated: the model only takes time")
    if (process := measurement.only("accuracy")) is not None and len(process.agreement):
        return Estimate(None, "fraction", note="not evaluated: synthetic inputs")
    table = _predictions(measurement)
    return None if table is None else _share(table, (table["predicted"] == table["label"]).to_numpy())


def top5(measurement: Measurement) -> Estimate | None:
    """The share of samples whose label is among the best five; None when the model ranks fewer than five classes."""
    table = _predictions(measurement)
    return None if table is None or "top5" not in table else _share(table, table["top5"].to_numpy(dtype=bool))


def _predictions(measurement: Measurement) -> pd.DataFrame | None:
    process = measurement.only("accuracy")
    return process.predictions if process is not None and len(process.predictions) else None


def _share(table: pd.DataFrame, right: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Estimate:
    share = partial(Estimate, float(right.mean()), "fraction", n=len(right), processes=1)
    groups = _groups(table)
    if groups is None:
        exact = proportion_interval(int(right.sum()), len(right))
        return share(exact.low, exact.high, note=f"exact interval over {len(right)} independent samples")
    found = clustered_proportion_interval(right.tolist(), groups)
    return share(found.low, found.high, note=f"interval clustered by source: {len(set(groups))} groups")


def _groups(table: pd.DataFrame) -> list[str] | None:
    """The source of each sample, or None when no two samples share one; an empty text is no source."""
    if "group" not in table:
        return None
    names = table["group"].astype(str).tolist()
    groups = [name or f"sample {i}" for i, name in enumerate(names)]
    return groups if len(set(groups)) < len(groups) else None


METRICS = (
    Metric("accuracy", "accuracy_top1", "fraction", "higher", "output", "label = best class / samples", top1),
    Metric("accuracy", "accuracy_top5", "fraction", "higher", "output", "label in best five / samples", top5),
)
