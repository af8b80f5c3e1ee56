"""Laws of intervals of numbers that are no sums: the jackknife, and the mean of several ratios."""

import numpy as np
import pytest

from tasks.statistics import (
    jackknife_interval,
    jackknife_of_sums,
    mean_interval,
    mean_ratio,
    mean_ratio_interval,
    ratio_interval,
)


def test_of_a_mean_the_jackknife_is_students_interval() -> None:
    values = np.random.default_rng(0).normal(5, 2, 17)
    without = [np.delete(values, k).mean() for k in range(len(values))]
    found, known = jackknife_interval(float(values.mean()), without), mean_interval(values)
    assert found and known and (found.low, found.high) == pytest.approx((known.low, known.high))


def test_fewer_than_two_parts_have_no_interval() -> None:
    assert jackknife_interval(1.0, [1.0]) is None and mean_ratio_interval(np.ones((1, 2)), np.ones((1, 2))) is None


def test_of_one_column_the_mean_ratio_is_the_ratio() -> None:
    rng = np.random.default_rng(1)
    above, below = rng.uniform(0, 5, 20), rng.uniform(5, 9, 20)
    found, known = mean_ratio_interval(above[:, None], below[:, None]), ratio_interval(above, below)
    assert found and known and (found.low, found.high) == pytest.approx((known.low, known.high))


def test_of_several_columns_it_is_near_the_jackknife() -> None:
    rng = np.random.default_rng(2)
    below = rng.uniform(5, 9, (60, 3))
    above = below * rng.uniform(0, 1, (60, 1)) * [0.9, 0.6, 0.3]
    without = [mean_ratio(np.delete(above, k, 0), np.delete(below, k, 0)) for k in range(60)]
    found, other = mean_ratio_interval(above, below), jackknife_interval(mean_ratio(above, below), without)
    assert found and other and found.high - found.low == pytest.approx(other.high - other.low, rel=0.03)
    assert mean_ratio(above, below) == pytest.approx(float((above.sum(0) / below.sum(0)).mean()))


def test_the_mean_ratio_is_held_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        below = rng.gamma(4, 1, (30, 2))
        above = below * rng.beta(4, 2, (30, 2))
        interval = mean_ratio_interval(above, below)
        held += interval is not None and 2 / 3 in interval
    assert 0.91 < held / 400 < 0.985


def test_of_a_mean_by_sums_it_is_students_interval() -> None:
    values = np.random.default_rng(0).normal(5, 2, 30)
    rows = np.column_stack([values, np.ones(30)])
    found, known = jackknife_of_sums(rows, lambda sums: sums[..., 0] / sums[..., 1]), mean_interval(list(values))
    assert found and known and (found.low, found.high) == pytest.approx((known.low, known.high))


def test_of_a_ratio_it_is_near_that_of_linearisation() -> None:
    rng = np.random.default_rng(1)
    below = rng.uniform(5, 15, 200)
    above = below * rng.uniform(0.1, 0.3, 200)
    found = jackknife_of_sums(np.column_stack([above, below]), lambda sums: sums[..., 0] / sums[..., 1])
    known = ratio_interval(above, below)
    assert found and known and (found.low, found.high) == pytest.approx((known.low, known.high), rel=2e-3)


def test_it_holds_the_truth_about_as_often_as_it_says() -> None:
    rng, held = np.random.default_rng(2), 0
    for _ in range(400):
        rows = np.column_stack([rng.poisson(3, 40), rng.poisson(8, 40), rng.poisson(2, 40)])
        found = jackknife_of_sums(rows, lambda s: np.sqrt(s[..., 0] * s[..., 2]) / s[..., 1])
        assert found
        held += (6**0.5 / 8) in found
    assert 0.92 < held / 400 < 0.98


@pytest.mark.parametrize("rows", [np.zeros((0, 2)), np.ones((1, 2))])
def test_fewer_than_two_units_have_no_interval(rows: np.ndarray) -> None:
    assert jackknife_of_sums(rows, lambda sums: sums[..., 0]) is None
