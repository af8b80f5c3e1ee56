"""Accuracy: the share of samples whose label is the model's best class, or among its best five, and F1 of the classes.

From the accuracy process, which predicts each sample once. The interval of a share is exact (Clopper-Pearson), and
clustered by the ``group`` column where samples share a source: crops of one picture are right or wrong together.
"""

from tasks.metrics._judged import not_evaluated, predictions, share_of, units_of, varying
from tasks.metrics.base import Metric
from tasks.results.measurement import Estimate, Measurement
from tasks.statistics import macro_f1


def top1(measurement: Measurement) -> Estimate | None:
    """The share of samples whose best class is the label; not stated, with the reason, where nothing was judged."""
    if why := not_evaluated(measurement):
        return Estimate(None, "fraction", note=f"not evaluated: {why}")
    table = predictions(measurement, "label", "predicted")
    return None if table is None else share_of(table, table["predicted"] == table["label"])


def top5(measurement: Measurement) -> Estimate | None:
    """The share of samples whose label is among the best five; None when the model ranks fewer than five classes."""
    table = predictions(measurement, "top5")
    return None if table is None else share_of(table, table["top5"])


def f1(measurement: Measurement) -> Estimate | None:
    """Every class counts alike, however rare; one that is never right counts 0."""
    table = predictions(measurement, "label", "predicted")
    if table is None:
        return None
    units, said = units_of(table)
    value, interval, classes = macro_f1(table["label"], table["predicted"], units)
    interval = varying(interval)
    low, high = (max(interval.low, 0.0), min(interval.high, 1.0)) if interval else (None, None)
    return Estimate(value, "fraction", low, high, n=len(table), processes=1, note=f"{classes} classes; {said}")


METRICS = (
    Metric("accuracy", "accuracy_top1", "fraction", "higher", "output", "label = best class / samples", top1),
    Metric("accuracy", "accuracy_top5", "fraction", "higher", "output", "label in best five / samples", top5),
    Metric("accuracy", "accuracy_f1_macro", "fraction", "higher", "output", "mean of 2 right / (true + said)", f1),
)
