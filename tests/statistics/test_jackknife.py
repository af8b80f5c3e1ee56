"""Laws of the jackknife over sums."""

import numpy as np
import pytest

from tasks.statistics import jackknife_interval, mean_interval, ratio_interval


def test_of_a_mean_it_is_students_interval() -> None:
    values = np.random.default_rng(0).normal(5, 2, 30)
    rows = np.column_stack([values, np.ones(30)])
    found, known = jackknife_interval(rows, lambda sums: sums[..., 0] / sums[..., 1]), mean_interval(list(values))
    assert found and known and (found.low, found.high) == pytest.approx((known.low, known.high))


def test_of_a_ratio_it_is_near_that_of_linearisation() -> None:
    rng = np.random.default_rng(1)
    below = rng.uniform(5, 15, 200)
    above = below * rng.uniform(0.1, 0.3, 200)
    found = jackknife_interval(np.column_stack([above, below]), lambda sums: sums[..., 0] / sums[..., 1])
    known = ratio_interval(above, below)
    assert found and known and (found.low, found.high) == pytest.approx((known.low, known.high), rel=2e-3)


def test_it_holds_the_truth_about_as_often_as_it_says() -> None:
    rng, held = np.random.default_rng(2), 0
    for _ in range(400):
        rows = np.column_stack([rng.poisson(3, 40), rng.poisson(8, 40), rng.poisson(2, 40)])
        found = jackknife_interval(rows, lambda s: np.sqrt(s[..., 0] * s[..., 2]) / s[..., 1])
        assert found
        held += (6**0.5 / 8) in found
    assert 0.92 < held / 400 < 0.98


@pytest.mark.parametrize("rows", [np.zeros((0, 2)), np.ones((1, 2))])
def test_fewer_than_two_units_have_none(rows: np.ndarray) -> None:
    assert jackknife_interval(rows, lambda sums: sums[..., 0]) is None
