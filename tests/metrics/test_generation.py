"""Laws of the times of generated tokens."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tasks.metrics import compute_all
from tests.metrics.builders import measurement, process


def generated(first_ms: np.ndarray, each_ms: np.ndarray, tokens: int = 5, **columns: Any) -> pd.DataFrame:
    n = len(first_ms)
    whole = (first_ms + each_ms * (tokens - 1)) * 1e6
    return pd.DataFrame({
        "query": range(n), "warmup": False, "samples": 1, "start_ns": np.arange(n) * 10**9, "preprocess_ns": 1_000_000,
        "predict_ns": (whole - 1e6).astype(int), "postprocess_ns": 0,
        "first_token_ns": (first_ms * 1e6).astype(int), "tokens": tokens, **columns,
    })  # fmt: skip


def test_first_and_further_tokens_are_percentiles_of_queries_by_hand() -> None:
    mixed = np.random.default_rng(1).permutation(np.arange(1, 201))
    first, each = mixed + 10.0, mixed / 10
    found = compute_all(measurement(process("timed", 0, {"latencies": generated(first, each)})))
    assert found["ttft_p50_ms"].value == pytest.approx(110) and found["ttft_p90_ms"].value == pytest.approx(190)
    assert found["tpot_p50_ms"].value == pytest.approx(10) and found["tpot_p50_ms"].unit == "ms"
    low, high = found["ttft_p90_ms"].low, found["ttft_p90_ms"].high
    assert low is not None and high is not None and low < 190 < high
    assert "within one process" in found["ttft_p90_ms"].note


def test_the_interval_holds_what_differs_between_processes() -> None:
    rng = np.random.default_rng(0)
    widths = []
    for shift in (0, 5):
        tables = [generated(10 + shift * k + rng.random(200), np.ones(200)) for k in range(3)]
        processes = [process("timed", k, {"latencies": table}) for k, table in enumerate(tables)]
        found = compute_all(measurement(*processes))["ttft_p50_ms"]
        assert found.low is not None and found.high is not None and found.processes == 3
        widths.append(found.high - found.low)
    assert widths[1] > 5 * widths[0]


def test_too_few_queries_state_no_percentile() -> None:
    found = compute_all(measurement(process("timed", 0, {"latencies": generated(np.ones(4) * 9, np.ones(4))})))
    assert found["ttft_p90_ms"].value is None and "raise scenario.min_queries" in found["ttft_p90_ms"].note


def test_queries_without_tokens_have_no_such_metric() -> None:
    table = generated(np.ones(50), np.ones(50)).drop(columns=["first_token_ns", "tokens"])
    found = compute_all(measurement(process("timed", 0, {"latencies": table})))
    assert not {name for name in found if name.startswith(("ttft_", "tpot_"))} and "predict_p50_ms" in found
