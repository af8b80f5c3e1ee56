"""Times of streamed answers, one a query, from the raw columns of `process.py`, in ms."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from tasks.results.process import Process

Times = np.ndarray[Any, np.dtype[np.float64]]
Taken = Callable[[pd.DataFrame], Times]
BEFORE_FIRST = ("queue_ns", "preprocess_ns", "first_token_ns")


def ttft_ms(queries: pd.DataFrame) -> Times:
    """Time to first token, from the start of the query, or from its scheduled arrival where there is one."""
    columns = [name for name in BEFORE_FIRST if name in queries]
    taken_ns: Times = queries[columns].sum(axis=1).to_numpy(dtype=np.float64)
    return taken_ns / 1e6


def tpot_ms(queries: pd.DataFrame) -> Times:
    """Mean time of each further token, of the queries whose answer has two or more."""
    several = queries[queries["output_tokens"] > 1]
    span_ns: Times = (several["last_token_ns"] - several["first_token_ns"]).to_numpy(dtype=np.float64)
    further: Times = several["output_tokens"].to_numpy(dtype=np.float64) - 1
    return span_ns / further / 1e6


def pause_ms(queries: pd.DataFrame) -> Times:
    """Longest wait between two pieces of an answer, of the queries whose answer has two tokens or more."""
    return queries.loc[queries["output_tokens"] > 1, "pause_ns"].to_numpy(dtype=np.float64) / 1e6


def streamed(processes: tuple[Process, ...]) -> tuple[Process, ...]:
    """Those of the timed processes that tell of tokens."""
    return tuple(p for p in processes if "first_token_ns" in p.latencies and len(p.timed))
