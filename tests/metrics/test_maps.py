"""Laws of what is said of masks and depths: ratios of sums over pictures, held against scikit-learn and by hand."""

import math
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import jaccard_score

from tests.metrics.test_judged import estimates

CLASSES = 3


def masks(true: Any, said: Any, usual: Any = None) -> dict[str, Any]:
    """Rows of pictures (n, pixels)."""
    usual = np.zeros_like(true) if usual is None else usual
    sets = {"true": (true, true), "said": (said, said), "both": (true, said), "usual": (usual, usual)}
    counts = {
        f"{kind}_{c}": ((a == c) & (b == c)).sum(axis=1)
        for kind, (a, b) in {**sets, "usual_both": (true, usual)}.items()
        for c in range(CLASSES)
    }
    return {
        "pixels": [true.shape[1]] * len(true),
        "right": (true == said).sum(axis=1),
        "level": said.mean(axis=1),
        **counts,
    }


def pictures(seed: int = 0, wrong: float = 0.2) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    true = rng.integers(0, CLASSES, (12, 50))
    return true, np.where(rng.random(true.shape) < wrong, rng.integers(0, CLASSES, true.shape), true)


def test_intersection_over_union_is_that_of_scikit_learn_over_all_pixels() -> None:
    true, said = pictures()
    found = estimates(masks(true, said))
    assert found["segmentation_miou"].value == pytest.approx(jaccard_score(true.ravel(), said.ravel(), average="macro"))
    assert found["segmentation_pixel_accuracy"].value == pytest.approx((true == said).mean())
    usual = jaccard_score(true.ravel(), np.zeros(true.size, int), average="macro")
    assert f"the usual class of each place: {usual:.3f}" in found["segmentation_miou"].note


def test_perfect_masks_are_one_and_a_class_that_nobody_names_does_not_count() -> None:
    true = np.array([[0, 0, 1], [1, 0, 0]])
    found = estimates(masks(true, true))["segmentation_miou"]
    assert (found.value, found.low, found.high) == (1, 1, 1) and "2 of 3 classes" in found.note
    said = np.array([[0, 0, 1], [1, 0, 2]])  # one that is only said counts, with nothing right
    assert estimates(masks(true, said))["segmentation_miou"].value == pytest.approx((3 / 4 + 1 + 0) / 3)


def test_shuffled_masks_are_near_chance() -> None:
    true, _ = pictures()
    value = estimates(masks(true, np.roll(true, 1, axis=0)))["segmentation_miou"].value
    assert value == pytest.approx(1 / 5, abs=0.05)  # 1/9 of both in 5/9 of either


def test_masks_of_one_source_are_no_independent_ones() -> None:
    true, said = pictures()
    again = masks(np.repeat(true, 4, axis=0), np.repeat(said, 4, axis=0))
    alone, together = (
        estimates(again, groups=groups)["segmentation_miou"] for groups in (None, sorted(4 * list("abcdefghijkl")))
    )
    assert (together.high or 0) - (together.low or 0) > 1.8 * ((alone.high or 0) - (alone.low or 0))
    assert "clustered by source: 12 groups" in together.note


def depths(**changes: Any) -> dict[str, Any]:
    plain = {"pixels": [10, 30], "abs_rel": [1.0, 1.0], "squared": [10.0, 30.0], "within": [9, 30], "level": [1.0, 2.0]}
    constant = {"constant_abs_rel": [5.0, 7.0], "constant_squared": [90.0, 270.0], "constant_within": [2, 2]}
    return {**plain, **constant, "scale": 1.0, "shift": 0.0, **changes}


def test_errors_of_depth_by_hand_with_one_depth_for_all_beside_them() -> None:
    found = estimates(depths())
    assert (
        found["depth_abs_rel"].value == pytest.approx(2 / 40)
        and "one depth for all: 0.300" in found["depth_abs_rel"].note
    )
    assert found["depth_rmse_m"].value == pytest.approx(1) and "one depth for all: 3.000" in found["depth_rmse_m"].note
    assert (
        found["depth_delta1"].value == pytest.approx(39 / 40)
        and "one depth for all: 0.100" in found["depth_delta1"].note
    )
    assert found["depth_delta1"].high == 1 and "accuracy_top1" not in found


def test_the_root_of_an_interval_is_the_interval_of_the_root() -> None:
    plain = dict.fromkeys(depths(), 1.0)
    found = estimates({**plain, "pixels": [10, 10, 10], "squared": [10.0, 20.0, 30.0]})["depth_rmse_m"]
    half = 4.302653 * math.sqrt(1 / 3)  # Student's t of two degrees, the error of the mean of 1, 2, 3
    assert found.value == pytest.approx(math.sqrt(2))
    assert found.low == 0 and found.high == pytest.approx(math.sqrt(2 + half))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scale": [1.1, 0.9]}, "scaled to the median of each picture"),
        ({"scale": [1.1, 0.9], "shift": [0.1, 0.0]}, "scale and shift of 1 / depth fitted to each picture"),
    ],
)
def test_answers_that_were_aligned_say_so(changes: dict[str, Any], words: str) -> None:
    assert words in estimates(depths(**changes))["depth_abs_rel"].note
    assert words not in estimates(depths())["depth_abs_rel"].note


def test_depths_that_are_no_numbers_are_not_stated() -> None:
    found = estimates(depths(abs_rel=[np.nan, 1.0]))
    assert all(
        found[name].value is None and "not finite" in found[name].note for name in found if name.startswith("depth_")
    )
