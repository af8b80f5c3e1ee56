"""How far forecasts are off: MASE, sMAPE, and MAE, the mean over windows, the seasonal naive forecast beside each.

From the errors of the accuracy process (`tasks/modalities/time_series.py`). The interval is clustered by series.
"""

from functools import partial

import numpy as np
import pandas as pd

from tasks.metrics._judged import clustered_ratio, mean_of, predictions
from tasks.metrics.base import Metric
from tasks.results.measurement import Estimate, Measurement


def error(measurement: Measurement, name: str, unit: str) -> Estimate | None:
    """One of the errors; windows whose past repeats itself exactly have no scale, and so no MASE."""
    table = predictions(measurement, "mae", name, f"naive_{name}")
    if table is None:
        return None
    if not np.isfinite(table["mae"]).all():
        return Estimate(None, unit, n=len(table), processes=1, note="not stated: outputs are not finite")
    stated = table.dropna(subset=[name, f"naive_{name}"])
    left_out = f"{len(table) - len(stated)} windows whose past repeats itself are left out"
    if stated.empty:
        return Estimate(None, unit, n=0, processes=1, note=f"not stated: {left_out}")
    note = [_beside(stated[name], stated[f"naive_{name}"])] + [left_out] * (len(stated) < len(table))
    return mean_of(stated, stated[name], unit, "; ".join(note))


def gain(measurement: Measurement) -> Estimate | None:
    """Of the error of the seasonal naive forecast, the share that is gone."""
    table = predictions(measurement, "mae", "naive_mae")
    if table is None or not np.isfinite(table["mae"]).all() or not table["naive_mae"].sum():
        return None
    value, interval, said = clustered_ratio(table, table["naive_mae"] - table["mae"], table["naive_mae"])
    low, high = (interval.low, interval.high) if interval else (None, None)
    return Estimate(value, "fraction", low, high, n=len(table), processes=1, note=said)


def _beside(own: "pd.Series[float]", naive: "pd.Series[float]") -> str:
    return f"seasonal naive forecast: {naive.mean():.4g}, better than it in {int((own < naive).sum())} of {len(own)}"


def _metric(name: str, unit: str, formula: str) -> Metric:
    kind = name.removeprefix("forecast_").removesuffix("_percent")
    return Metric("forecast", name, unit, "lower", "output", formula, partial(error, name=kind, unit=unit))


METRICS = (
    _metric(
        "forecast_mase",
        "naive errors",
        "mean over windows of mean |y - f| / mean |seasonal difference of the past| (Hyndman & Koehler 2006)",
    ),
    _metric("forecast_smape_percent", "%", "mean over windows of the mean of 200 |y - f| / (|y| + |f|)"),
    _metric("forecast_mae", "units", "mean over windows of mean |y - f|, in the unit of the data"),
    Metric(
        "forecast",
        "forecast_gain",
        "fraction",
        "higher",
        "output",
        "1 - Σ mean |y - f| / Σ mean |y - seasonal naive forecast|",
        gain,
    ),
)
