"""Laws of `tasks/statistics/proportions.py` and `ratios.py`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.statistics import clustered_proportion_interval, proportion_interval, ratio, ratio_interval


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [(0, 10, 0.0, 0.3084971), (5, 10, 0.1870860, 0.8129140), (10, 10, 0.6915029, 1.0), (81, 263, 0.2526842, 0.3676570)],
)
def test_clopper_pearson_golden(x: int, n: int, low: float, high: float) -> None:
    found = proportion_interval(x, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=2e-4)


@given(st.integers(1, 400), st.data())
def test_proportion_interval_agrees_with_scipy_and_contains_the_share(n: int, data: st.DataObject) -> None:
    from scipy.stats import binomtest

    x = data.draw(st.integers(0, n))
    found, reference = proportion_interval(x, n), binomtest(x, n).proportion_ci(method="exact")
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high), abs=1e-9)
    assert x / n in found


@pytest.mark.parametrize(("x", "n"), [(-1, 3), (4, 3), (0, 0)])
def test_what_is_no_proportion_is_refused(x: int, n: int) -> None:
    with pytest.raises(ValueError, match="no proportion"):
        proportion_interval(x, n)


def test_groups_of_one_are_independent_samples() -> None:
    right = [True, False, True, True]
    assert clustered_proportion_interval(right, range(4)) == proportion_interval(3, 4)


def test_dependent_samples_widen_the_interval() -> None:
    right = [g % 2 == 0 for g in range(10) for _ in range(20)]  # a group is right or wrong as a whole
    groups = [g for g in range(10) for _ in range(20)]
    clustered, independent = clustered_proportion_interval(right, groups), proportion_interval(100, 200)
    assert clustered.high - clustered.low > 3 * (independent.high - independent.low)


@pytest.mark.parametrize("answer", [True, False])
def test_agreement_of_every_group_is_no_certainty(answer: bool) -> None:
    found = clustered_proportion_interval([answer] * 100, [i // 20 for i in range(100)])
    assert found == proportion_interval(5 * answer, 5)


def test_one_group_counts_as_one_sample() -> None:
    found = clustered_proportion_interval([True, True, False, True], ["a"] * 4)
    assert found.low < 0.05
    assert found.high > 0.95


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=60))
def test_clustered_interval_contains_the_share(samples: list[tuple[bool, int]]) -> None:
    right, groups = [r for r, _ in samples], [g for _, g in samples]
    found = clustered_proportion_interval(right, groups)
    assert float(np.mean(right)) in found
    assert 0 <= found.low <= found.high <= 1


def test_clustered_interval_covers_where_the_naive_one_does_not() -> None:
    rng, clustered, naive = np.random.default_rng(3), 0, 0
    groups = np.repeat(np.arange(30), 10)
    for _ in range(400):
        right = rng.random(300) < np.repeat(rng.beta(3.5, 1.5, size=30), 10)  # mean .7, alike within a group
        clustered += 0.7 in clustered_proportion_interval(right.tolist(), groups.tolist())
        naive += 0.7 in proportion_interval(int(right.sum()), 300)
    assert clustered / 400 >= 0.93 > 0.9 > naive / 400


def test_ratio_golden() -> None:
    assert ratio([8, 8], [1.0, 3.0]) == 4.0
    found = ratio_interval([10, 10, 10], [1.0, 1.0, 1.0])
    assert found is not None
    assert (found.low, found.high) == (10.0, 10.0)
    # residuals ±4, √(2/1 · 32)/4 = 2, t(1) = 12.7062
    wide = ratio_interval([8, 8], [1.0, 3.0])
    assert wide is not None
    assert wide.high - 4 == pytest.approx(2 * 12.7062, abs=1e-3)


def test_ratio_needs_two_units_and_a_denominator() -> None:
    assert ratio_interval([1], [1.0]) is None
    with pytest.raises(ValueError, match="sum to 0"):
        ratio([1], [0.0])
