"""Laws of `tasks/statistics/ranks.py` and `retrieval.py`: by hand, against scikit-learn, and in simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from tasks.statistics import auc, auc_gain, auc_interval, retrieved
from tasks.statistics.interval import student
from tasks.statistics.ranks import placements

TRUE, FALSE = True, False


@pytest.mark.parametrize(
    ("scores", "truths", "expected"),
    [
        ([3, 2, 1, 0], [TRUE, TRUE, FALSE, FALSE], 1.0),
        ([0, 1, 2, 3], [TRUE, TRUE, FALSE, FALSE], 0.0),
        ([5, 5, 5, 5], [TRUE, FALSE, TRUE, FALSE], 0.5),
        ([1, 2, 2, 3], [FALSE, TRUE, FALSE, TRUE], 3.5 / 4),  # of four pairs three are right, and one is tied
        ([-math.inf, 0, math.inf], [FALSE, FALSE, TRUE], 1.0),
    ],
)
def test_the_area_by_hand(scores: list[float], truths: list[bool], expected: float) -> None:
    assert auc(scores, truths) == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=60))
def test_the_area_is_that_of_scikit_learn_with_any_ties(pairs: list[tuple[int, bool]]) -> None:
    scores, truths = [s for s, _ in pairs], [t for _, t in pairs]
    if len(set(truths)) < 2:
        with pytest.raises(ValueError, match="there have to be both"):
            auc(scores, truths)
        return
    assert auc(scores, truths) == pytest.approx(roc_auc_score(truths, scores), abs=1e-12)
    yes, no = placements(scores, truths)
    assert yes.mean() == pytest.approx(no.mean())  # every pair is counted from both sides


def test_with_a_sample_a_group_the_interval_is_delongs_by_hand() -> None:
    scores, truths = [1, 3, 2, 4], [FALSE, FALSE, TRUE, TRUE]
    yes, no = np.array([0.5, 1.0]), np.array([1.0, 0.5])  # 2 is above one of two; 3 is below one of two
    error = math.sqrt(yes.var(ddof=1) / 2 + no.var(ddof=1) / 2)
    found = auc_interval(scores, truths, range(4))
    half = student(0.95, 3) * error / (0.75 * 0.25)
    assert found is not None  # log-odds of 3 / 4 are ln 3
    assert (found.low, found.high) == pytest.approx((expit(math.log(3) - half), expit(math.log(3) + half)))


def test_samples_of_one_user_are_no_independent_ones() -> None:
    rng = np.random.default_rng(0)
    scores, truths = rng.normal(size=100), rng.random(100) < 0.5
    alone = auc_interval(scores, truths, range(100))
    assert alone is not None
    four = auc_interval(np.repeat(scores, 4), np.repeat(truths, 4), np.repeat(np.arange(100), 4).tolist())
    assert four is not None and (four.low, four.high) == pytest.approx((alone.low, alone.high))


def test_a_perfect_ranking_and_a_single_group_have_no_interval() -> None:
    assert auc_interval([0, 1, 2, 3], [FALSE, FALSE, TRUE, TRUE], range(4)) is None
    assert auc_interval([0, 2, 1, 3], [FALSE, FALSE, TRUE, TRUE], ["a"] * 4) is None


def test_a_gain_is_the_difference_of_two_areas_and_surer_than_either() -> None:
    rng = np.random.default_rng(3)
    truths = (np.arange(200) % 2 == 0).tolist()
    good = rng.normal(size=200) + np.array(truths)
    better = good + 0.3 * np.array(truths)
    gain, interval = auc_gain(better, good, truths, range(200))
    assert gain == pytest.approx(auc(better, truths) - auc(good, truths)) and interval is not None
    alone = auc_interval(better, truths, range(200))
    assert alone is not None and interval.high - interval.low < 0.5 * (alone.high - alone.low)
    assert 0 < interval.low < gain < interval.high
    assert auc_gain(good, good, truths, range(200)) == (0.0, None)


@pytest.mark.parametrize("each", [1, 4])
def test_nineteen_of_twenty_intervals_hold_the_true_area(each: int) -> None:
    """Two normal distributions 1 apart: Φ(1 / √2) (Bamber 1975); groups share half of what varies."""
    rng, truth, held = np.random.default_rng(1), norm.cdf(1 / math.sqrt(2)), 0
    for _ in range(300):
        shared = np.repeat(rng.normal(size=80), each)
        truths = rng.random(len(shared)) < 0.4
        scores = math.sqrt(0.5) * (shared + rng.normal(size=len(shared))) + truths
        interval = auc_interval(scores, truths.tolist(), np.repeat(np.arange(80), each).tolist())
        held += interval is not None and truth in interval
    assert 0.91 < held / 300 < 0.99


def test_who_stands_beside_its_like_is_found_at_once() -> None:
    vectors = np.repeat(np.eye(5), 2, axis=0) * np.linspace(0.1, 9, 10)[:, None]  # lengths do not matter
    assert retrieved(vectors, np.repeat(np.arange(5), 2).tolist(), 1).tolist() == [1] * 10


def test_the_rank_by_hand() -> None:
    angles = np.radians([0, 10, 15, 40])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    truths = [0, 1, 0, 1]  # the other of 0° is 15°, the second nearest; of 40° 10°, the second nearest
    assert retrieved(vectors, truths, 1).tolist() == [0, 0, 0, 0]
    assert retrieved(vectors, truths, 2).tolist() == [1, 0, 1, 1]  # of 10° the other is the farthest
    assert retrieved(vectors, truths, 3).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("k", [1, 3, 10])
def test_one_vector_for_all_finds_by_chance(k: int) -> None:
    hits = retrieved(np.ones((20, 8)), np.repeat(np.arange(10), 2).tolist(), k)
    assert hits == pytest.approx(np.full(20, k / 19))


def test_of_several_answers_one_is_enough_and_ties_are_taken_in_every_order() -> None:
    hits = retrieved(np.ones((5, 2)), [0, 0, 0, 1, 1], 2)
    assert hits[:3] == pytest.approx(1 - (1 / 6))  # of two of four others, one of the two right: 1 - C(2, 2) / C(4, 2)
    assert hits[3:] == pytest.approx(2 / 4)


def test_who_has_no_answer_here_is_not_counted() -> None:
    hits = retrieved(np.eye(3), [0, 1, 1], 1)
    assert np.isnan(hits[0]) and not np.isnan(hits[1:]).any()


def test_shuffled_answers_find_by_chance() -> None:
    rng = np.random.default_rng(2)
    hits = retrieved(rng.normal(size=(1200, 16)), rng.permutation(np.repeat(np.arange(600), 2)).tolist(), 10)
    assert hits.mean() == pytest.approx(10 / 1199, abs=4 * math.sqrt(10 / 1199 / 1200))
