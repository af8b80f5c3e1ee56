"""Laws of the judge of forecasts, by hand: perfect, naive, seasonal, scaled, and a sentence for every mistake."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error

from tasks.errors import Refused
from tasks.modalities.time_series import Modality, naively
from tests.modalities.builders import rows, zipped

DATA = {"meaning": {"horizon": 3, "period": 2}}
PAST, NEXT = [10.0, 20, 12, 24], [12.0, 28, 16]  # within the past a naive forecast is off by 2 and 4


def written(values: Any) -> bytes:
    table = np.asarray(values, dtype=float)
    return "".join(",".join(map(str, row)) + "\n" for row in table.reshape(len(table), -1)).encode()


def judged(folder: Path, forecast: Any, past: Any = PAST, truth: Any = NEXT) -> dict[str, float]:
    files = {"past.csv": past if isinstance(past, bytes) else written(past)}
    files["next.csv"] = truth if isinstance(truth, bytes) else written(truth)
    samples = zipped(folder / "x.zip", [{"file": "past.csv", "truth": "next.csv", "group": "s"}], files)
    outputs = np.asarray(forecast, dtype=np.float32)[None]
    found: dict[str, float] = rows(Modality(), samples, DATA, result=outputs)[0]
    return found


def test_the_truth_itself_has_no_error(tmp_path: Path) -> None:
    row = judged(tmp_path, NEXT)
    assert row["mae"] == row["mase"] == row["smape"] == 0 and row["level"] == pytest.approx(56 / 3)


def test_errors_by_hand(tmp_path: Path) -> None:
    row = judged(tmp_path, [12, 22, 18])  # off by 0, 6, 2
    assert row["mae"] == pytest.approx(8 / 3) == mean_absolute_error(NEXT, [12, 22, 18])
    assert row["mase"] == pytest.approx(8 / 3 / 3)
    assert row["smape"] == pytest.approx(200 * (6 / 50 + 2 / 34) / 3)


def test_beside_it_stands_the_season_before_by_hand(tmp_path: Path) -> None:
    row = judged(tmp_path, NEXT)  # naive: 12, 24, 12, off by 0, 4, 4
    assert row["naive_mae"] == pytest.approx(8 / 3) and row["naive_mase"] == pytest.approx(8 / 9)
    assert row["naive_smape"] == pytest.approx(200 * (4 / 52 + 4 / 28) / 3)
    same = judged(tmp_path, [12, 24, 12])
    assert all(same[name] == pytest.approx(same[f"naive_{name}"]) for name in ("mae", "mase", "smape"))


def test_the_last_season_goes_on_as_often_as_it_takes() -> None:
    past = np.arange(7.0)[:, None]
    assert naively(past, 3, 8)[:, 0].tolist() == [4, 5, 6, 4, 5, 6, 4, 5]


def test_what_is_scaled_has_no_unit(tmp_path: Path) -> None:
    one = judged(tmp_path, [12, 22, 18])
    ten = judged(tmp_path, [120, 220, 180], [10 * x for x in PAST], [10 * x for x in NEXT])
    assert ten["mae"] == pytest.approx(10 * one["mae"])
    assert (ten["mase"], ten["smape"]) == pytest.approx((one["mase"], one["smape"]))


def test_each_channel_has_its_own_scale(tmp_path: Path) -> None:
    both = [[a, 100 * a] for a in PAST], [[a, 100 * a] for a in NEXT]
    row = judged(tmp_path, [[12, 1200], [22, 2200], [18, 1800]], *both)
    assert row["mase"] == pytest.approx(8 / 9)  # the mean of two equal ones
    assert row["mae"] == pytest.approx(8 / 3 * 101 / 2)


def test_a_past_that_repeats_itself_has_no_scale_and_nothing_is_divided_by_zero(tmp_path: Path) -> None:
    row = judged(tmp_path, [1, 0, 0], [0, 0, 0, 0], [0, 0, 0])
    assert np.isnan(row["mase"]) and row["mae"] == pytest.approx(1 / 3) and row["smape"] == pytest.approx(200 / 3)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"forecast": [1, 2]}, r"\(batch, horizon, channels\), here \(1, 3, 1\); these are \(1, 2, 1\)"),
        ({"forecast": NEXT, "truth": [1, 2]}, "next.csv has 2 steps, the manifest's horizon is 3"),
        ({"forecast": NEXT, "truth": b"1\nnan\n3\n"}, "next.csv is no table of numbers: a number is missing"),
        ({"forecast": NEXT, "truth": b"1\nx\n3\n"}, "next.csv is no table of numbers: could not convert"),
        ({"forecast": NEXT, "past": [1, 2]}, "past.csv has 2 steps of 1 channels; the past has to be longer"),
        ({"forecast": NEXT, "past": [[1, 2]] * 4}, "past.csv has 4 steps of 2 channels"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, given: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        judged(tmp_path, **given)


def test_another_horizon_does_not_fit() -> None:
    model, data = SimpleNamespace(name="line[x]"), SimpleNamespace(id="demand", **DATA)
    assert Modality().misfit(model, data, data) == ""
    sentence = Modality().misfit(model, SimpleNamespace(meaning={"horizon": 9, "period": 2}), data)
    assert sentence.startswith("line[x] was made for horizon 9, period 2, dataset=demand is of horizon 3, period 2")
    assert "no «period»" in Modality().lacks(SimpleNamespace(meaning={"horizon": 3}))
    assert "no «horizon»" in Modality().lacks(SimpleNamespace(meaning={"horizon": 0.5, "period": 2}))
