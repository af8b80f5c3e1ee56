"""What the metrics of how right a model is share: the judged table, its groups, and means with clustered intervals."""

from typing import Any

import numpy as np
import pandas as pd

from tasks.results.measurement import Estimate, Measurement
from tasks.statistics import Interval, clustered_proportion_interval, proportion_interval, ratio, ratio_interval


def predictions(measurement: Measurement, *columns: str) -> pd.DataFrame | None:
    """The accuracy process's table, one row a sample; None when it has not these columns."""
    process = measurement.only("accuracy")
    if process is None or not len(process.predictions) or not set(columns) <= set(process.predictions):
        return None
    return process.predictions


def not_evaluated(measurement: Measurement) -> str:
    """Why nothing was judged; empty when it was, or when nothing is known of it."""
    if any(p.facts.get("service_ms") is not None for p in measurement.timed):
        return "the model only takes time"
    process = measurement.only("accuracy")
    if process is None or len(process.predictions) or not len(process.agreement):
        return ""
    return str(process.facts.get("unjudged") or "synthetic inputs")


def groups_of(table: pd.DataFrame) -> list[str] | None:
    """The source of each sample, or None when no two samples share one; an empty text is no source."""
    if "group" not in table:
        return None
    names = table["group"].astype(str).tolist()
    groups = [name or f"sample {i}" for i, name in enumerate(names)]
    return groups if len(set(groups)) < len(groups) else None


def share_of(table: pd.DataFrame, right: "pd.Series[bool]") -> Estimate:
    """The share of samples that are right; its interval is exact, or clustered where samples share a source."""
    hits, n, groups = right.astype(bool).tolist(), len(right), groups_of(table)
    if groups is None:
        interval, said = proportion_interval(sum(hits), n), f"exact interval over {n} independent samples"
    else:
        interval = clustered_proportion_interval(hits, groups)
        said = f"interval clustered by source: {len(set(groups))} groups"
    return Estimate(sum(hits) / n, "fraction", interval.low, interval.high, n=n, processes=1, note=said)


def clustered_ratio(
    table: pd.DataFrame, above: "pd.Series[float]", below: "pd.Series[float]"
) -> tuple[float, Interval | None, str]:
    """Σ above / Σ below over samples, its interval by linearisation over independent groups, and what is said of it.

    Cochran 1977, §6.4, with the group as the unit (`tasks/statistics/ratios.py`); None for fewer than two groups.
    """
    units, said = units_of(table)
    a, b = (np.asarray(column.groupby(units).sum(), dtype=np.float64) for column in (above, below))
    return ratio(a, b), ratio_interval(a, b), said


def varying(interval: Interval | None) -> Interval | None:
    """None where no unit differs from another: all right, or all wrong, shows no spread and is no certainty."""
    return None if interval is None or interval.low == interval.high else interval


def units_of(table: pd.DataFrame) -> "tuple[pd.Series[Any], str]":
    """Which independent unit each sample is of, and what is said of an interval over them."""
    groups = groups_of(table)
    units = pd.Series(groups if groups is not None else range(len(table)), index=table.index)
    count = units.nunique()
    return (
        units,
        f"interval clustered by source: {count} groups" if groups is not None else f"{count} independent samples",
    )


def mean_of(table: pd.DataFrame, values: "pd.Series[float]", unit: str, note: str = "") -> Estimate:
    """The mean over samples with its clustered interval."""
    value, interval, said = clustered_ratio(table, values, pd.Series(1.0, index=values.index))
    low, high = (interval.low, interval.high) if interval else (None, None)
    return Estimate(value, unit, low, high, n=len(table), processes=1, note="; ".join(filter(None, (said, note))))
