"""Laws of `tasks/schemas/inputs.py`: a broken contract names what was seen, what was promised, and the usual cause."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tasks.results.measurement import Check
from tasks.schemas import check_inputs
from tasks.specs.evaluation import Evaluation
from tests.builders import COLORS, specification
from tests.metrics.builders import process

MEANS, DEVIATIONS = (0.5, 0.4, 0.3), (0.2, 0.2, 0.1)


def checks(table: pd.DataFrame, channels: bool = True, **facts: Any) -> dict[str, Check]:
    promised = {"mean": MEANS, "std": DEVIATIONS, "tolerance": 0.05}
    head = {"labels": list(COLORS), "channels": promised if channels else None}
    evaluation = Evaluation.model_validate(specification(model__heads={"seeded": {"colors": head}}))
    found = check_inputs(evaluation, process("inputs", 0, {"inputs": table}, **facts)).checks
    return {c.name: c for c in found}


def table(samples: int = 4, means: Any = MEANS, deviations: Any = DEVIATIONS, **columns: Any) -> pd.DataFrame:
    channels = len(means)
    return pd.DataFrame({
        "sample": np.arange(samples * channels) // channels, "channel": np.arange(samples * channels) % channels,
        "shape": "3x8x8", "dtype": "float32", "low": 0.0, "high": 1.0,
        "mean": np.tile(means, samples), "std": np.tile(deviations, samples),
    }).assign(**columns)  # fmt: skip


def test_inputs_that_keep_the_contract_pass() -> None:
    found = checks(table())
    assert all(c.passed for c in found.values()), found
    assert {"input shape", "input type", "input range", "input means", "input deviations"} <= set(found)


def test_channels_are_skipped_where_the_head_promises_none() -> None:
    assert "input means" not in checks(table(means=(9.0, 9.0, 9.0)), channels=False)


@pytest.mark.parametrize(
    ("columns", "name", "words"),
    [
        ({"shape": "8x8x3"}, "input shape", "are 8 x 8 x 3, the model's input is 3 x 8 x 8: layout NHWC?"),
        ({"shape": "1x3x8x8"}, "input shape", "batch dimension"),
        ({"shape": "3x16x16"}, "input shape", "resize or crop"),
        ({"dtype": "uint8"}, "input type", "are uint8, the model's input is float32: the normalize step is missing?"),
        ({"dtype": "float64"}, "input type", "another precision?"),
        ({"high": 255.0}, "input range", "0 … 255, the model promises 0 … 1: 0 … 255 looks like raw pixels; the scale"),
        ({"low": -2.1}, "input range", "no mean subtracted?"),
        ({"high": 1.5}, "input range", "other mean and deviation"),
        ({"low": np.nan}, "input range", "divides by zero?"),
    ],
)
def test_a_broken_contract_names_its_usual_cause(columns: dict[str, Any], name: str, words: str) -> None:
    found = checks(table(**columns))[name]
    assert not found.passed
    assert words in found.sentence
    assert 1 <= len(found.rows) <= 5


@pytest.mark.parametrize(
    ("means", "words"),
    [
        ((0.3, 0.4, 0.5), "BGR instead of RGB"),
        ((127.5, 102.0, 76.5), "scale step is missing?"),
        ((0.4, 0.4, 0.4), "read as grey?"),
        ((0.9, 0.1, 0.9), "another data set or split"),
    ],
)
def test_shifted_means_name_their_usual_cause(means: Any, words: str) -> None:
    found = checks(table(means=means))["input means"]
    assert not found.passed
    assert words in found.sentence
    assert "promised 0.5 0.4 0.3 (± 0.05)" in found.sentence


@pytest.mark.parametrize(
    ("factor", "words"), [(255, "scale step is missing?"), (1 / 255, "twice?"), (1.3, "another resize")]
)
def test_changed_deviations_name_their_usual_cause(factor: float, words: str) -> None:
    found = checks(table(deviations=[factor * d for d in DEVIATIONS]))["input deviations"]
    assert not found.passed
    assert words in found.sentence


def test_tolerance_is_absolute_for_means_and_relative_for_deviations() -> None:
    assert checks(table(means=[m + 0.049 for m in MEANS]))["input means"].passed
    assert not checks(table(means=[m + 0.051 for m in MEANS]))["input means"].passed
    assert checks(table(deviations=[1.049 * d for d in DEVIATIONS]))["input deviations"].passed
    assert not checks(table(deviations=[1.051 * d for d in DEVIATIONS]))["input deviations"].passed


def test_channels_are_compared_on_their_average_over_samples() -> None:
    spread = table(samples=2).assign(mean=[0.3, 0.2, 0.1, 0.7, 0.6, 0.5])
    assert checks(spread)["input means"].passed


def test_another_number_of_channels_is_named() -> None:
    found = checks(table(means=(0.5,), deviations=(0.2,)))["input channels"]
    assert found.sentence == "inputs have 1 channels, the head promises 3"


def test_rounding_at_the_ends_of_the_range_is_allowed() -> None:
    assert checks(table(high=float(np.float32(1.0)) + 1e-7))["input range"].passed


def test_nothing_decodable_names_the_first_file() -> None:
    found = checks(pd.DataFrame(), undecodable=[{"file": "a.png", "why": "no image"}])["inputs"]
    assert not found.passed
    assert "first a.png" in found.sentence
