"""Laws of `tasks/schemas/tables.py`: each contract fails alone, in words, with at most five rows."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tasks.schemas import check_table, inputs, latencies, predictions, spans
from tests.metrics import builders

COLORS = SimpleNamespace(labels=("red", "green", "blue"), meaning={})


def _latencies(**columns: Any) -> pd.DataFrame:
    return builders.latencies([2.0] * 20, warmup=4).assign(**columns)


def _predictions(**columns: Any) -> pd.DataFrame:
    return builders.predictions([True] * 20).assign(**columns)


def _spans(**columns: Any) -> pd.DataFrame:
    table = pd.DataFrame({"name": ["load", "predict"], "level": "model", "start_ns": [0, 5], "end_ns": [5, 9]})
    return table.assign(**columns)


def _inputs(**columns: Any) -> pd.DataFrame:
    each = {"shape": "3x8x8", "dtype": "float32", "low": 0.0, "high": 1.0, "mean": 0.5, "std": 0.2}
    return pd.DataFrame({"sample": np.arange(6) // 3, "channel": np.arange(6) % 3, **each}).assign(**columns)


def test_what_the_agent_writes_passes() -> None:
    for table, schema in (
        (_latencies(), latencies()),
        (_predictions(), predictions("image_classification", COLORS)),
        (_predictions(top5=True), predictions("image_classification", COLORS)),
        (_spans(), spans()),
        (_inputs(), inputs()),
    ):
        check = check_table("table", table, schema)
        assert check.passed, check.sentence
        assert check.rows == ()


def test_the_warm_up_may_lie_before_zero() -> None:
    assert (_latencies()["start_ns"] < 0).any()


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("predict_ns", -1, "predict_ns is negative in 20 of 20 rows"),
        ("samples", 0, "samples is not positive in 20 of 20 rows"),
        ("query", 7, "query repeats in 20 of 20 rows"),
        ("start_ns", list(range(20, 0, -1)), "start_ns goes back in time in 15 of 20 rows"),
        ("start_ns", list(range(-20, 0)), "start_ns goes back in time in 1 of 20 rows"),
        ("predict_ns", 1.5, "predict_ns is of type float64, not int64"),
    ],
)
def test_latencies_that_break_a_contract(column: str, value: Any, words: str) -> None:
    check = check_table("latencies", _latencies(**{column: value}), latencies())
    assert not check.passed
    assert words in check.sentence


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("predicted", 3, "predicted is no class index from 0 to 2 in 20 of 20 rows"),
        ("label", -1, "label is no class index from 0 to 2"),
        ("finite", [True] * 19 + [False], "finite is False: NaN or infinite output in 1 of 20 rows"),
        ("sample", [0, 0, *range(2, 20)], "sample repeats in 2 of 20 rows"),
    ],
)
def test_predictions_that_break_a_contract(column: str, value: Any, words: str) -> None:
    check = check_table("predictions", _predictions(**{column: value}), predictions("image_classification", COLORS))
    assert not check.passed
    assert words in check.sentence


def test_a_span_does_not_end_before_it_starts() -> None:
    check = check_table("spans", _spans(end_ns=[5, 4]), spans())
    assert check.sentence == "spans: end_ns lies before start_ns in 1 of 2 rows"
    assert check.rows[0]["name"] == "predict"


def test_a_channel_of_a_sample_occurs_once() -> None:
    assert not check_table("inputs", _inputs(channel=0), inputs()).passed


def test_at_most_five_rows_are_shown_as_plain_values() -> None:
    check = check_table("predictions", _predictions(finite=False), predictions("image_classification", COLORS))
    assert len(check.rows) == 5
    assert [row["sample"] for row in check.rows] == [0, 1, 2, 3, 4]
    assert all(type(row["label"]) is int for row in check.rows)


def test_every_broken_contract_is_named_at_once() -> None:
    check = check_table(
        "predictions", _predictions(finite=False, predicted=9), predictions("image_classification", COLORS)
    )
    assert "NaN" in check.sentence
    assert "class index" in check.sentence


def test_a_missing_column_is_named_and_nothing_raises() -> None:
    for table in (_latencies().drop(columns="start_ns"), _latencies().drop(columns=["warmup", "start_ns"])):
        check = check_table("latencies", table, latencies())
        assert not check.passed
        assert "there is no column" in check.sentence
        assert "start_ns" in check.sentence


def test_an_empty_table_fails() -> None:
    assert check_table("latencies", pd.DataFrame(), latencies()).sentence == "latencies: the table is empty"
