"""How long generated tokens take: until the first one, and each further one, as MLPerf Inference defines both.

From queries that say when their first token was there (`tasks/scenarios/generate.py`). The first one's time includes
the pre-processing of the prompt. Intervals hold both levels, within and between processes, as those of latencies do.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from tasks.metrics.base import Metric, timed
from tasks.metrics.latency import PERCENTS, estimated
from tasks.results.measurement import Estimate, Measurement

Column = Callable[[pd.DataFrame], "pd.Series[float]"]


def first(queries: pd.DataFrame) -> "pd.Series[float]":
    """Time to first token, in ms."""
    return queries["first_token_ns"] / 1e6


def each(queries: pd.DataFrame) -> "pd.Series[float]":
    """Mean time of the tokens after the first, in ms."""
    later = queries["preprocess_ns"] + queries["predict_ns"] - queries["first_token_ns"]
    return later / (queries["tokens"] - 1) / 1e6


def percentile_of(measurement: Measurement, column: Column, percent: float) -> Estimate | None:
    """The nearest-rank percentile over queries; None where no tokens were generated."""
    processes = [p.timed for p in timed(measurement) if {"first_token_ns", "tokens"} <= set(p.timed)]
    if not processes:
        return None
    return estimated([np.asarray(column(queries), dtype=np.float64) for queries in processes], percent / 100)


def _of(group: str, what: str, column: Column) -> tuple[Metric, ...]:
    return tuple(
        Metric(
            group,
            f"{group}_p{percent}_ms",
            "ms",
            "lower",
            "predict" if group == "tpot" else "end_to_end",
            f"x_(⌈{percent / 100:g} n⌉) over the n timed queries of {what}",
            partial(percentile_of, column=column, percent=percent),
        )
        for percent in PERCENTS
    )


METRICS = (
    *_of("ttft", "the time from the start to the first token", first),
    *_of("tpot", "(end of the last token - end of the first) / (tokens - 1)", each),
)
