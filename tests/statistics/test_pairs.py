"""Laws of `tasks/statistics/pairs.py`: tests against scipy, intervals against their definition, simulated rates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.statistics import mcnemar, paired_difference, sign_flips, tango_interval

answers = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 5)), min_size=1, max_size=60)


@given(st.integers(0, 80), st.integers(0, 80))
def test_mcnemar_is_the_exact_binomial_test(gained: int, lost: int) -> None:
    from scipy.stats import binomtest

    expected = 1.0 if gained + lost == 0 else binomtest(gained, gained + lost).pvalue
    assert mcnemar(gained, lost) == pytest.approx(expected)


def test_mcnemar_golden() -> None:
    assert mcnemar(2, 9) == pytest.approx(2 * (1 + 11 + 55) / 2**11)
    assert mcnemar(0, 0) == 1.0


@given(answers)
def test_difference_is_that_of_the_accuracies_and_lies_in_its_interval(rows: list[tuple[bool, bool, int]]) -> None:
    a, b, groups = ([r[i] for r in rows] for i in range(3))
    for found in (paired_difference(a, b), paired_difference(a, b, groups)):
        assert found.difference == pytest.approx(np.mean(b) - np.mean(a))
        assert found.difference in found.interval
        assert -1 <= found.interval.low <= found.interval.high <= 1
        assert found.flipped == sum(x != y for x, y in zip(a, b, strict=True))
        assert 0 < found.p_value <= 1


@given(answers)
def test_exchanging_the_models_mirrors_everything(rows: list[tuple[bool, bool, int]]) -> None:
    a, b, groups = ([r[i] for r in rows] for i in range(3))
    one, other = paired_difference(a, b, groups), paired_difference(b, a, groups)
    assert (one.gained, one.lost, one.p_value) == (other.lost, other.gained, pytest.approx(other.p_value))
    assert (one.interval.low, one.interval.high) == pytest.approx((-other.interval.high, -other.interval.low), abs=1e-9)


@pytest.mark.parametrize(("gained", "lost", "n"), [(12, 2, 50), (0, 0, 40), (1, 30, 100), (5, 0, 5)])
def test_tangos_interval_is_where_the_constrained_score_crosses(gained: int, lost: int, n: int) -> None:
    found = tango_interval(gained, lost, n)
    for delta in (found.low, found.high):
        if abs(delta) == 1:
            continue
        # the share lost that is likeliest if δ holds, by search instead of by the root
        q = np.linspace(max(0.0, -delta), (1 - delta) / 2, 200_001)[1:-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            likelihood = gained * np.log(q + delta) + lost * np.log(q) + (n - gained - lost) * np.log(1 - 2 * q - delta)
        q = q[np.nanargmax(likelihood)]
        score = (gained - lost - n * delta) / np.sqrt(n * (2 * q + delta * (1 - delta)))
        assert abs(score) == pytest.approx(1.959964, abs=0.01)


def test_no_flips_are_no_certainty() -> None:
    found = paired_difference([True] * 30, [True] * 30)
    z2 = 1.959964**2
    assert (found.interval.low, found.interval.high) == pytest.approx((-z2 / (30 + z2), z2 / (30 + z2)), abs=1e-6)
    assert paired_difference([True] * 30, [True] * 30, [i // 10 for i in range(30)]).interval.high > 0.5


def test_sign_flips_of_equal_groups_are_the_sign_test() -> None:
    assert sign_flips([3, 3, 3, 3, 3]) == pytest.approx(2 / 32)
    assert sign_flips([1, -1]) == 1.0
    assert sign_flips([]) == sign_flips([0, 0]) == 1.0


def test_drawn_sign_patterns_agree_with_all_of_them() -> None:
    sums = [4, 3, 2, 2, 1, 1, 1, 1, 1, -1, -2, 1, 2, 1, -1, 3]
    drawn = sign_flips([*sums, 1e-12])  # a 17th group: no longer enumerated
    assert drawn == pytest.approx(sign_flips(sums), rel=0.15)


@pytest.mark.parametrize("answered", [([], []), ([True], [True, False])])
def test_what_is_no_pairing_is_refused(answered: tuple[list[bool], list[bool]]) -> None:
    with pytest.raises(ValueError, match="no pairs"):
        paired_difference(*answered)


def test_equal_models_are_told_apart_at_most_at_the_level_although_samples_share_a_source() -> None:
    rng, ours, plain = np.random.default_rng(4), 0, 0
    groups = np.repeat(np.arange(9), 20)
    for _ in range(300):
        lean = np.repeat(rng.normal(0, 1.5, 9), 20)  # which model a source suits
        a, b = rng.random(180) < 1 / (1 + np.exp(lean)), rng.random(180) < 1 / (1 + np.exp(-lean))
        ours += paired_difference(a.tolist(), b.tolist(), groups.tolist()).p_value <= 0.05
        plain += paired_difference(a.tolist(), b.tolist()).p_value <= 0.05
    assert ours / 300 <= 0.08 < 0.3 < plain / 300
