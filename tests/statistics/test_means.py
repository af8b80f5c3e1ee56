"""Laws of `tasks/statistics/means.py` and the interval they return."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.statistics import Interval, mean_interval, trimmed_mean, trimmed_mean_interval
from tasks.statistics.means import midmean

numbers = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("xs", "expected"),
    [
        ([5.0], 5.0),
        ([1.0, 2.0, 3.0, 100.0], 26.5),  # floor(.8) = 0: nothing is cut
        ([100.0, 1.0, 2.0, 3.0, 4.0], 3.0),  # one cut at each end
        (list(map(float, range(1, 11))), 5.5),
        ([0.0, 0.0, 1.0, 1.0, 1.0, 4.0, 7.0, 9.0, 50.0, 900.0], (1 + 1 + 1 + 4 + 7 + 9) / 6),
    ],
)
def test_trimmed_mean_is_that_of_mlmodelscope(xs: list[float], expected: float) -> None:
    assert trimmed_mean(xs) == pytest.approx(expected)


@given(numbers)
def test_trimmed_mean_equals_the_written_formula(xs: list[float]) -> None:
    n = len(xs)
    kept = sorted(xs)[math.floor(0.2 * n) : n - math.floor(0.2 * n)]
    assert trimmed_mean(xs) == pytest.approx(sum(kept) / len(kept))


def test_no_numbers_have_no_mean() -> None:
    with pytest.raises(ValueError, match="no numbers"):
        trimmed_mean([])


def test_mean_interval_golden() -> None:
    # n = 3, s = 1, t(2, .975) = 4.302653
    found = mean_interval([9.0, 10.0, 11.0])
    assert found is not None
    assert (found.low, found.high) == pytest.approx((10 - 4.302653 / 3**0.5, 10 + 4.302653 / 3**0.5), abs=1e-6)


def test_one_number_has_no_interval() -> None:
    assert mean_interval([1.0]) is None
    assert trimmed_mean_interval([1.0]) is None


@given(st.lists(st.floats(0, 1e6), min_size=4, max_size=60))
def test_intervals_contain_their_estimate(xs: list[float]) -> None:
    for found, value in ((mean_interval(xs), float(np.sort(xs).mean())), (trimmed_mean_interval(xs), trimmed_mean(xs))):
        assert found is not None
        assert value in found


def test_trimmed_interval_ignores_how_far_an_outlier_lies() -> None:
    near, far = ([*map(float, range(20)), outlier] for outlier in (30.0, 3000.0))
    assert trimmed_mean_interval(near) == trimmed_mean_interval(far)


def test_trimmed_interval_covers_the_centre_at_its_rate() -> None:
    rng = np.random.default_rng(1)
    hits = sum(0.0 in (trimmed_mean_interval(rng.standard_t(3, size=40)) or Interval(9, 9)) for _ in range(800))
    assert 0.92 <= hits / 800 <= 0.98


def test_an_interval_is_finite_and_ordered() -> None:
    for low, high in ((2.0, 1.0), (0.0, math.inf), (math.nan, 1.0)):
        with pytest.raises(ValueError, match="not an interval"):
            Interval(low, high)


def test_hull_holds_both_and_bound_cuts() -> None:
    assert Interval(-3, 1).hull(Interval(2, 4)) == Interval(-3, 4)
    assert Interval(-3, 1).hull(None) == Interval(-3, 1)
    assert Interval(-3, 1).containing(5) == Interval(-3, 5)
    assert Interval(-3, 1).not_below(0) == Interval(0, 1)


def test_midmean_is_plain_below_eight_and_then_the_middle_half() -> None:
    few = [1.0, 2.0, 4.0, 9.0]
    assert midmean(few) == pytest.approx((4.0, np.std(few, ddof=1) / 2, 3))
    centre, error, degrees = midmean([*range(12)])
    assert (centre, degrees) == (5.5, 4)
    winsorised = [3, 3, 3, 3, 4, 5, 6, 7, 8, 8, 8, 8]
    assert error == pytest.approx(np.std(winsorised, ddof=1) * np.sqrt(11 / (6 * 5)))
    assert midmean([*range(11), 1e9]) == pytest.approx((centre, error, degrees))


def test_a_test_on_midmeans_keeps_its_small_level() -> None:
    from scipy.stats import t

    rng = np.random.default_rng(8)
    for n in (6, 12, 20):
        found = [midmean(x) for x in rng.normal(0, 1, (6000, n))]
        p = [2 * t.sf(abs(c) / e, d) for c, e, d in found]
        assert np.mean(np.array(p) <= 0.01) <= 0.014  # 0.01 ± 0.0013
