"""Laws of the metrics of recommendation, retrieval, and forecasts: from raw rows, with what stands beside them."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from tasks.metrics import compute_all
from tasks.modalities._vectors import as_text
from tasks.results.measurement import Estimate
from tests.metrics.builders import measurement, process

RNG = np.random.default_rng(0)


def estimates(rows: dict[str, Any], groups: Any = None) -> dict[str, Estimate]:
    n = len(rows["truth"] if "truth" in rows else rows["mase"])
    common = {"sample": range(n), "file": "x", "group": groups or [""] * n, "finite": True}
    return compute_all(measurement(process("accuracy", 0, {"predictions": pd.DataFrame({**common, **rows})})))


def clicks(odds: Any, truths: Any, **beside: Any) -> dict[str, Any]:
    odds, truths = np.asarray(odds, float), np.asarray(truths)
    loss = np.log1p(np.exp(np.where(truths, -odds, odds)))
    return {"truth": truths, "score": odds, "loss": loss, **beside}


def test_area_and_loss_are_those_of_scikit_learn_and_the_truth_stands_beside_them() -> None:
    odds = RNG.normal(size=400)
    shares = 1 / (1 + np.exp(-odds))
    truths = (RNG.random(400) < shares).astype(int)
    found = estimates(clicks(odds + RNG.normal(size=400), truths, popularity=0.5, probability=shares))
    area, loss = found["ranking_auc"], found["ranking_log_loss"]
    assert area.low and area.high and area.value is not None and area.low < area.value < area.high
    assert "popularity of the items alone: 0.5000" in area.note
    assert f"the true probabilities, the best there is: {roc_auc_score(truths, shares):.4f}" in area.note
    assert f"the best there is: {log_loss(truths, shares):.4f}" in loss.note and "accuracy_top1" not in found
    gain, short = found["ranking_gain"], found["ranking_shortfall"]
    assert gain.value == pytest.approx(area.value - 0.5) and gain.low and gain.low < gain.value
    assert short.value == pytest.approx(roc_auc_score(truths, shares) - area.value)
    assert short.low is not None and short.high is not None and 0 < short.low < short.high


def test_a_perfect_ranking_is_1_and_a_shuffled_one_is_chance() -> None:
    truths = np.arange(1000) % 2
    assert estimates(clicks(truths, truths))["ranking_auc"].value == 1
    shuffled = estimates(clicks(RNG.permutation(1000) / 1000, truths))["ranking_auc"]
    assert shuffled.value == pytest.approx(0.5, abs=0.06) and "popularity" not in shuffled.note


def test_a_ranking_of_equal_truths_or_of_no_numbers_is_not_stated() -> None:
    alone = estimates(clicks([1, 2], [1, 1]))
    assert alone["ranking_auc"].value is None and "all 2 truths are 1" in alone["ranking_auc"].note
    for odd in (np.nan, -np.inf):
        broken = estimates(clicks([odd, 2], [1, 0]))
        assert all("not finite" in broken[name].note for name in ("ranking_auc", "ranking_log_loss"))


def test_clicks_of_one_user_are_clustered() -> None:
    odds, truths = RNG.normal(size=60), np.arange(60) % 2
    found = estimates(clicks(odds, truths), [f"user {k // 6}" for k in range(60)])["ranking_auc"]
    assert "clustered by group: 10 groups" in found.note and found.n == 60


def vectors(of: Any, truths: Any, simple: Any) -> dict[str, Any]:
    return {
        "truth": truths, "distance": 1.0,
        "embedding": [as_text(one) for one in of], "simple": [as_text(one) for one in simple],
    }  # fmt: skip


def test_recall_of_right_vectors_is_1_and_of_equal_ones_chance() -> None:
    truths = [k // 2 for k in range(24)]
    found = estimates(vectors(np.repeat(np.eye(12), 2, axis=0), truths, np.ones((24, 3))))
    one, ten = found["retrieval_recall_at_1"], found["retrieval_recall_at_10"]
    assert (one.value, one.high, ten.value) == (1, 1, 1) and one.low is not None and 0.8 < one.low < 1
    assert "byte is there: 0.043; chance: 0.043" in one.note and f"chance: {10 / 23:.3f}" in ten.note
    gain = found["retrieval_gain_at_1"]
    assert gain.value == pytest.approx(22 / 23) and "by the model alone 24, by the counts alone 0" in gain.note
    flat = estimates(vectors(np.ones((24, 3)), truths, np.repeat(np.eye(12), 2, axis=0)))["retrieval_recall_at_1"]
    assert flat.value == pytest.approx(1 / 23) and "byte is there: 1.000" in flat.note


def test_samples_whose_answer_was_left_out_do_not_count() -> None:
    found = estimates(vectors(np.eye(3), [0, 1, 1], np.eye(3)))["retrieval_recall_at_1"]
    assert found.n == 2 and "2 of 3 samples asked for" in found.note
    none = estimates(vectors(np.eye(3), [0, 1, 2], np.eye(3)))["retrieval_recall_at_1"]
    assert none.value is None and "no answer is among the 3 samples" in none.note
    broken = estimates(vectors(np.full((2, 2), np.nan), [0, 0], np.eye(2)))["retrieval_recall_at_1"]
    assert broken.value is None and "not finite" in broken.note


def windows(mase: Any, naive: Any, **columns: Any) -> dict[str, Any]:
    same = {f"{before}{name}": 1.0 for before in ("", "naive_") for name in ("mae", "smape")}
    return {**same, "mase": mase, "naive_mase": naive, "level": 1.0, **columns}


def test_errors_are_means_over_windows_and_the_naive_one_stands_beside_them() -> None:
    found = estimates(windows([0.5, 1.5, 1.0], [1.0, 1.0, 4.0], mae=[1.0, 2.0, 6.0]))
    mase = found["forecast_mase"]
    assert mase.value == pytest.approx(1) and "seasonal naive forecast: 2, better than it in 2 of 3" in mase.note
    gain = found["forecast_gain"]
    assert gain.value == pytest.approx(1 - 9 / 3) and gain.low is not None and gain.low < -2
    assert found["forecast_mae"].value == pytest.approx(3) and found["forecast_smape_percent"].value == pytest.approx(1)


def test_windows_without_a_scale_are_left_out_and_said() -> None:
    found = estimates(windows([0.5, np.nan], [1.0, np.nan]))["forecast_mase"]
    assert found.value == 0.5 and found.n == 1 and "1 windows whose past repeats itself are left out" in found.note
    none = estimates(windows([math.nan], [math.nan]))["forecast_mase"]
    assert none.value is None and "not stated" in none.note
    for odd in (np.nan, np.inf):
        broken = estimates(windows([0.5, odd], [1.0, 1.0], mae=[1.0, odd]))
        assert broken["forecast_mase"].value is None and "not finite" in broken["forecast_mase"].note
        assert "forecast_gain" not in broken
