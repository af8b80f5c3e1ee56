"""Laws of `tasks/statistics/early_stopping.py`: LoadGen's numbers, and what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.statistics import allowed, early_stopping_estimate, least_queries


@pytest.mark.parametrize(("p", "queries"), [(0.9, 64), (0.99, 662), (0.999, 6636)])
def test_floors_are_loadgens(p: float, queries: int) -> None:
    assert least_queries(1, p) == queries
    assert early_stopping_estimate(range(queries - 1), p) is None
    assert early_stopping_estimate(range(queries), p) == queries - 1


@given(st.integers(0, 60), st.sampled_from([0.9, 0.97, 0.99]))
def test_least_queries_is_where_the_binomial_tail_crosses(t: int, p: float) -> None:
    from scipy.stats import binom

    n = least_queries(t, p)
    assert binom.cdf(t, n, 1 - p) < 0.01 <= binom.cdf(t, n - 1, 1 - p)
    assert allowed(t, n, p)
    assert not allowed(t, n - 1, p)


@given(st.integers(64, 5000), st.sampled_from([0.5, 0.9]))
def test_the_estimate_is_the_highest_that_the_least_queries_allow(n: int, p: float) -> None:
    found = early_stopping_estimate(range(n), p)
    assert found is not None
    t = n - int(found)
    assert least_queries(t, p) <= n < least_queries(t + 1, p)


def test_the_estimate_lies_above_the_percentile_at_its_confidence() -> None:
    rng = np.random.default_rng(0)
    above = sum((early_stopping_estimate(rng.random(500), 0.9) or 0) >= 0.9 for _ in range(1000))
    assert above >= 980
