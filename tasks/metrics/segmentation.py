"""How right the classes of pixels are: mean intersection over union, and the share of right ones.

From the counts of each picture of the accuracy process (`tasks/modalities/semantic_segmentation.py`). Both are ratios
of sums over pictures; the interval is by linearisation, clustered by source. Beside them stands the class that is usual
at each place.
"""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from tasks.metrics._judged import clustered_ratio, groups_of, predictions
from tasks.metrics.base import Metric
from tasks.results.measurement import Estimate, Measurement
from tasks.statistics import mean_ratio, mean_ratio_interval


def miou(measurement: Measurement) -> Estimate | None:
    """The mean over the classes that are in a truth or an answer."""
    table = predictions(measurement, "true_0", "said_0", "both_0")
    if table is None:
        return None
    above, below = _sums(table, "both", "said")
    if not len(above.T):
        return Estimate(None, "mIoU", n=len(table), processes=1, note="not stated: no pixel is judged")
    groups = groups_of(table)
    rows = pd.Series(groups if groups is not None else range(len(table)))
    both, either = (pd.DataFrame(of).groupby(rows).sum().to_numpy() for of in (above, below))
    interval = mean_ratio_interval(both, either)
    low, high = (max(interval.low, 0.0), min(interval.high, 1.0)) if interval else (None, None)
    said = f"interval clustered by source: {len(both)} groups" if groups else f"{len(table)} independent samples"
    beside = f"the usual class of each place: {mean_ratio(*_sums(table, 'usual_both', 'usual')):.3f}"
    note = f"{above.shape[1]} of {_classes(table)} classes; {said}; {beside}"
    return Estimate(mean_ratio(above, below), "mIoU", low, high, n=len(table), processes=1, note=note)


def pixel_accuracy(measurement: Measurement) -> Estimate | None:
    """The share of pixels whose class is right."""
    table = predictions(measurement, "right", "pixels", "usual_both_0")
    if table is None or not table["pixels"].sum():
        return None
    value, interval, said = clustered_ratio(table, table["right"], table["pixels"])
    low, high = (max(interval.low, 0.0), min(interval.high, 1.0)) if interval else (None, None)
    simple = sum(table[f"usual_both_{n}"].sum() for n in range(_classes(table))) / table["pixels"].sum()
    note = f"{said}; the usual class of each place: {simple:.3f}"
    return Estimate(value, "fraction", low, high, n=len(table), processes=1, note=note)


def _classes(table: pd.DataFrame) -> int:
    return sum(str(name).startswith("true_") for name in table)


def _sums(table: pd.DataFrame, both: str, said: str) -> tuple[Any, Any]:
    """Intersections and unions, (pictures, classes), of the classes with a union."""
    true, answer, shared = (
        np.stack([table[f"{kind}_{n}"].to_numpy(np.float64) for n in range(_classes(table))], axis=1)
        for kind in ("true", said, both)
    )
    union = true + answer - shared
    seen = union.sum(axis=0) > 0
    return shared[:, seen], union[:, seen]


Output = partial(Metric, "segmentation", direction="higher", boundary="output")

METRICS = (
    Output(
        name="segmentation_miou",
        unit="mIoU",
        formula="mean over classes of Σ pixels of both / Σ pixels of either, over all pictures",
        compute=miou,
    ),
    Output(
        name="segmentation_pixel_accuracy",
        unit="fraction",
        formula="Σ pixels with the right class / Σ pixels, over all pictures",
        compute=pixel_accuracy,
    ),
)
