"""Laws of macro F1: scikit-learn's value, the interval of a mean of ratios, and how often it covers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from tasks.statistics import macro_f1, mean_ratio_interval

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=60)


@given(PAIRS)
def test_the_value_is_scikit_learns(pairs: list[tuple[int, int]]) -> None:
    true, said = np.array(pairs).T
    value, _, classes = macro_f1(true, said, range(len(pairs)))
    assert value == pytest.approx(f1_score(true, said, average="macro", zero_division=0))
    assert classes == len({*true, *said})


@given(PAIRS, st.integers(2, 5))
def test_the_interval_is_that_of_a_mean_of_ratios_over_independent_units(
    pairs: list[tuple[int, int]], units: int
) -> None:
    true, said = np.array(pairs).T
    unit = np.arange(len(pairs)) % units
    classes = np.unique([true, said])
    above, below = (np.zeros((unit.max() + 1, len(classes))) for _ in range(2))
    for k, (t, s) in enumerate(pairs):
        above[unit[k], classes == t] += 2 * (t == s)
        below[unit[k]] += (classes == t).astype(float) + (classes == s)
    expected, found = mean_ratio_interval(above, below), macro_f1(true, said, unit)[1]
    assert expected is not None and found is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_it_covers_the_truth_and_one_unit_has_none() -> None:
    rng, hits, trials = np.random.default_rng(0), 0, 400
    chances = np.array([[0.80, 0.15, 0.05], [0.10, 0.70, 0.20], [0.30, 0.20, 0.50]])
    shares = np.array([0.6, 0.3, 0.1])
    joint = shares[:, None] * chances
    truth = float(np.mean(2 * np.diag(joint) / (joint.sum(1) + joint.sum(0))))
    for _ in range(trials):
        drawn = rng.choice(9, size=400, p=joint.ravel())
        _, interval, _ = macro_f1(drawn // 3, drawn % 3, range(400))
        assert interval is not None
        hits += interval.low <= truth <= interval.high
    assert 0.92 <= hits / trials <= 0.98
    assert macro_f1([0, 1], [0, 0], [7, 7])[1] is None
