"""Laws of the judge of depths, against numbers by hand, and what each alignment forgives."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tasks.errors import Refused
from tasks.modalities.depth_estimation import Modality, _constant
from tasks.processing.samples import Samples
from tests.modalities.builders import drawn, png, rows, scenes, zipped

MEANING: dict[str, Any] = {"per_metre": 1000, "farthest": 10.0, "alignment": "none"}


def depths(path: Path, *of: Any) -> Samples:
    index = [{"file": f"{k}.png", "depth": f"{k}.png", "group": str(k)} for k in range(len(of))]
    return zipped(path, index, {f"{k}.png": png(np.array(depth, np.uint16)) for k, depth in enumerate(of)})


def judged(of: Samples, said: Any, **meaning: Any) -> list[dict[str, Any]]:
    data = {"labels": [], "meaning": {**MEANING, **meaning}}
    return rows(Modality(), of, data, result=np.asarray(said, np.float32))


def test_the_truth_itself_has_no_error_but_that_of_a_millimetre(tmp_path: Path) -> None:
    of = scenes(3)
    for row in judged(drawn(tmp_path / "s.zip", of), np.stack([s.depth for s in of])):
        assert row["within"] == row["pixels"] == 96 * 96
        assert row["abs_rel"] / row["pixels"] < 3e-4 and row["squared"] / row["pixels"] < 1e-6
        assert row["constant_within"] < row["pixels"] and row["constant_abs_rel"] > 100 * row["abs_rel"]


def test_errors_are_what_they_are_by_hand(tmp_path: Path) -> None:
    (row,) = judged(depths(tmp_path / "d.zip", [[1000, 2000, 4000, 0, 11000]]), [[[1.2, 1.5, 4.0, 3.0, 3.0]]])
    assert row["pixels"] == 3  # unknown is not judged, nor what lies behind the farthest
    assert row["abs_rel"] == pytest.approx(0.2 + 0.25, abs=1e-6)
    assert row["squared"] == pytest.approx(0.04 + 0.25, abs=1e-6)
    assert row["within"] == 2  # 2 / 1.5 is more than 1.25
    assert row["constant_abs_rel"] == pytest.approx(0 + 0.5 + 0.75)  # one metre for all


def test_the_constant_has_the_least_relative_error_of_all() -> None:
    rng = np.random.default_rng(0)
    for values in rng.integers(1, 40, (20, 9)):
        counts = np.bincount(values, minlength=50)
        costs = [np.abs(c - values) @ (1 / values) for c in range(1, 50)]
        assert costs[_constant(counts) - 1] == pytest.approx(min(costs))


def test_each_alignment_forgives_what_it_says_and_no_more(tmp_path: Path) -> None:
    of = scenes(2)
    samples, true = drawn(tmp_path / "s.zip", of), np.stack([s.depth for s in of])
    errors = {
        (name, way): max(row["abs_rel"] / row["pixels"] for row in judged(samples, said, alignment=way))
        for name, said in (("true", true), ("scaled", 3 * true), ("inverse", 5 / true - 0.3))
        for way in ("none", "scale", "inverse")
    }
    right = {("true", "none"), ("true", "scale"), ("scaled", "scale"), ("inverse", "inverse")}
    assert {key for key, error in errors.items() if error < 1e-3} == right


def test_an_alignment_leaves_its_scale_and_shift(tmp_path: Path) -> None:
    samples = depths(tmp_path / "d.zip", [[1000, 2000, 4000, 5000]])
    (row,) = judged(samples, [[[2.0, 1.0, 0.5, 0.4]]], alignment="inverse")
    assert row["scale"] == pytest.approx(0.5) and row["shift"] == pytest.approx(0, abs=1e-6)
    (plain,) = judged(samples, [[[1.0, 2.0, 4.0, 5.0]]])
    assert (plain["scale"], plain["shift"]) == (1, 0)


def test_the_constant_is_aligned_too_so_that_it_is_no_straw_man(tmp_path: Path) -> None:
    samples = depths(tmp_path / "d.zip", [[2000, 2000, 2000]], [[8000, 8000, 8000]])
    plain = judged(samples, np.ones((2, 1, 3)))
    scaled = judged(samples, np.ones((2, 1, 3)), alignment="scale")
    assert max(row["constant_abs_rel"] for row in plain) > 0.5
    assert all(row["constant_abs_rel"] == pytest.approx(0, abs=1e-9) for row in scaled)


def test_answers_below_zero_and_behind_the_farthest_are_cut(tmp_path: Path) -> None:
    (row,) = judged(depths(tmp_path / "d.zip", [[1000, 5000]]), [[[-3.0, 99.0]]])
    assert row["abs_rel"] == pytest.approx(0.999 + 1.0) and row["within"] == 0


def test_an_answer_that_is_no_number_has_no_error(tmp_path: Path) -> None:
    (row,) = judged(depths(tmp_path / "d.zip", [[1000, 5000]]), [[[np.nan, 5.0]]])
    assert np.isnan(row["abs_rel"]) and row["within"] == 0


def test_a_small_answer_is_enlarged(tmp_path: Path) -> None:
    flat = np.full((8, 8), 3000)
    (row,) = judged(depths(tmp_path / "d.zip", flat), np.full((1, 1, 2, 2), 3.0))
    assert row["abs_rel"] == 0 and row["pixels"] == 64


@pytest.mark.parametrize("said", [np.zeros((1, 2, 4, 4), np.float32), np.zeros((1, 4), np.float32)])
def test_what_is_no_depth_is_refused(tmp_path: Path, said: Any) -> None:
    with pytest.raises(Refused, match=r"real numbers of \(batch, height, width\)"):
        judged(depths(tmp_path / "d.zip", np.full((4, 4), 1000)), said)


def test_a_depth_without_a_known_pixel_is_refused(tmp_path: Path) -> None:
    wrong = depths(tmp_path / "d.zip", [[1000]], [[0]])
    with pytest.raises(Refused, match=r"1 of its depths cannot be used: 1\.png: none of its pixels lies within 0 …"):
        Modality().truths(wrong, {"meaning": MEANING})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"per_metre": None}, "meaning.per_metre is None"),
        ({"farthest": -1}, "meaning.farthest is -1; it has to be a number above 0, in metres"),
        ({"alignment": "median"}, "meaning.alignment is 'median'; it has to be one of: none, scale, inverse"),
    ],
)
def test_a_manifest_that_lacks_what_a_depth_means_is_told_so(changes: dict[str, Any], words: str) -> None:
    assert words in Modality().lacks(SimpleNamespace(labels=(), meaning={**MEANING, **changes}))


def test_a_model_of_relative_depth_does_not_fit_metres() -> None:
    model, data = SimpleNamespace(name="midas[x]", steps=[]), SimpleNamespace(id="scenes_depth", meaning=MEANING)
    sentence = Modality().misfit(model, SimpleNamespace(meaning={"alignment": "inverse"}), data)
    assert "midas[x] was made for alignment inverse, dataset=scenes_depth is of alignment none" in sentence
    assert Modality().misfit(model, SimpleNamespace(meaning={"alignment": "none"}), data) == ""
