"""Laws of `tasks/statistics/percentiles.py`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.statistics import percentile, percentile_floor, percentile_interval, percentile_rule, too_few
from tasks.statistics.percentiles import interval_ranks


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=80), st.sampled_from([0.01, 0.07, 0.5, 0.9, 0.99]))
def test_percentile_is_numpys_inverted_cdf(xs: list[float], p: float) -> None:
    assert percentile(xs, p) == np.quantile(xs, p, method="inverted_cdf")


def test_percentile_is_the_nearest_rank() -> None:
    assert percentile(list(range(1, 101)), 0.07) == 7
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0


@pytest.mark.parametrize("p", [0.0, 1.0, 50.0])
def test_percentile_is_a_share(p: float) -> None:
    with pytest.raises(ValueError, match="share"):
        percentile([1.0], p)


@pytest.mark.parametrize(("p", "floor"), [(0.5, 6), (0.9, 36), (0.99, 368), (0.999, 3688), (0.1, 36)])
def test_floor_is_where_both_ends_become_finite(p: float, floor: int) -> None:
    assert percentile_floor(p) == floor
    assert interval_ranks(floor, p) is not None
    assert interval_ranks(floor - 1, p) is None
    worse = max(p, 1 - p)
    assert worse**floor <= 0.025 < worse ** (floor - 1)


@pytest.mark.parametrize(
    ("n", "p", "ranks"),
    [(6, 0.5, (1, 6)), (10, 0.5, (2, 9)), (20, 0.5, (6, 15)), (100, 0.5, (40, 61))],  # published median tables
)
def test_ranks_golden(n: int, p: float, ranks: tuple[int, int]) -> None:
    assert interval_ranks(n, p) == ranks


@given(st.integers(6, 600), st.sampled_from([0.1, 0.5, 0.9, 0.99]))
def test_both_tails_are_exact_and_the_ranks_tight(n: int, p: float) -> None:
    from scipy.stats import binom

    ranks = interval_ranks(n, p)
    if ranks is None:
        assert n < percentile_floor(p)
        return
    r, s = ranks
    assert 1 <= r < s <= n
    assert binom.cdf(r - 1, n, p) <= 0.025 < binom.cdf(r, n, p)
    assert binom.sf(s - 1, n, p) <= 0.025 + 1e-12
    assert s == 1 or binom.sf(s - 2, n, p) > 0.025 - 1e-12


@given(st.lists(st.floats(0, 1e6), min_size=40, max_size=90), st.sampled_from([0.5, 0.9]))
def test_interval_contains_the_percentile(xs: list[float], p: float) -> None:
    found = percentile_interval(xs, p)
    assert found is not None
    assert percentile(xs, p) in found


def test_interval_covers_the_quantile_whatever_the_distribution() -> None:
    rng = np.random.default_rng(2)
    truth = np.exp(1.2815515655446004)  # the 90th percentile of a log-normal
    found = [percentile_interval(rng.lognormal(size=60), 0.9) for _ in range(1000)]
    assert sum(truth in f for f in found if f) / 1000 >= 0.95


@given(st.integers(40, 400), st.sampled_from([0.5, 0.9]), st.floats(36, 400))
def test_numbers_worth_fewer_have_a_wider_interval(n: int, p: float, worth: float) -> None:
    xs = list(range(n))
    plain, dependent = percentile_interval(xs, p), percentile_interval(xs, p, effective=worth)
    assert plain is not None
    assert dependent is not None
    assert dependent.hull(plain) == dependent or worth > 0.9 * n  # ranks are whole numbers
    assert percentile_interval(xs, p, effective=n) == plain


def test_worth_below_the_floor_is_refused() -> None:
    assert percentile_interval(range(1000), 0.9, effective=35.9) is None
    assert percentile_interval(range(1000), 0.9, effective=36) is not None


def test_the_rule_is_said_in_words() -> None:
    assert percentile_rule(0.99) == "two-sided 95 %, exact, equal tails; needs at least 368 independent samples"
    assert too_few(0.9, 20) == "needs at least 36 queries for a 95 % interval, there are 20"
    assert too_few(0.9, 200, 20.7).endswith("; the 200 there are depend on each other and are worth 20")
