"""How right depths are: absolute relative error, root mean square error, δ < 1.25 (Eigen et al., NIPS 2014, §4).

From sums over the pixels of each picture of the accuracy process (`tasks/modalities/depth_estimation.py`); each is a
ratio of sums over pictures, with an interval clustered by source, and beside it stands one depth for all pixels.
"""

import math
from functools import partial

import pandas as pd

from tasks.metrics._judged import clustered_ratio, predictions
from tasks.metrics.base import Metric
from tasks.results.measurement import Estimate, Measurement


def relative(measurement: Measurement) -> Estimate | None:
    """The mean over pixels of the error as a share of the truth."""
    return _ratio(measurement, "abs_rel", "fraction")


def within(measurement: Measurement) -> Estimate | None:
    """The share of pixels that are less than a quarter too far or too near."""
    return _ratio(measurement, "within", "fraction")


def rmse(measurement: Measurement) -> Estimate | None:
    """In metres, over all pixels."""
    found = _ratio(measurement, "squared", "m")
    if found is None or found.value is None:
        return found
    low, value, high = (None if x is None else math.sqrt(x) for x in (found.low, found.value, found.high))
    return Estimate(value, "m", low, high, found.n, found.processes, found.note)


def _ratio(measurement: Measurement, name: str, unit: str) -> Estimate | None:
    """Σ / Σ pixels; not stated where the model's answer is no number."""
    table = predictions(measurement, "abs_rel", "squared", "within", "constant_abs_rel")
    if table is None:
        return None
    if table["abs_rel"].isna().any():
        return Estimate(None, unit, n=len(table), processes=1, note="not stated: outputs are not finite")
    value, interval, said = clustered_ratio(table, table[name], table["pixels"])
    low, high = (max(interval.low, 0.0), interval.high) if interval else (None, None)
    if name == "within" and high is not None:
        high = min(high, 1.0)
    simple = table[f"constant_{name}"].sum() / table["pixels"].sum()
    beside = f"one depth for all: {math.sqrt(simple) if name == 'squared' else simple:.3f}"
    note = "; ".join(filter(None, (said, _aligned(table), beside)))
    return Estimate(value, unit, low, high, n=len(table), processes=1, note=note)


def _aligned(table: pd.DataFrame) -> str:
    """What was done to answers before they were judged."""
    if (table["shift"] != 0).any():
        return "scale and shift of 1 / depth fitted to each picture"
    return "scaled to the median of each picture" if (table["scale"] != 1).any() else ""


Output = partial(Metric, "depth", boundary="output")

METRICS = (
    Output(
        name="depth_abs_rel",
        unit="fraction",
        direction="lower",
        formula="mean over pixels of |d - d*| / d*",
        compute=relative,
    ),
    Output(
        name="depth_rmse_m",
        unit="m",
        direction="lower",
        formula="√ of the mean over pixels of (d - d*)²",
        compute=rmse,
    ),
    Output(
        name="depth_delta1",
        unit="fraction",
        direction="higher",
        formula="pixels with max(d / d*, d* / d) < 1.25 / pixels",
        compute=within,
    ),
)
