"""Laws of `tasks/statistics/two_level.py`: which levels an interval holds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tasks.statistics import (
    Interval,
    between_processes,
    effective_size,
    mean_interval,
    percentile,
    percentile_interval,
    pooled,
    two_level_percentile,
)

processes = st.lists(st.lists(st.floats(0, 1e4), min_size=12, max_size=40), min_size=1, max_size=4)


@given(processes)
def test_interval_contains_the_pooled_percentile_and_both_levels(xs: list[list[float]]) -> None:
    found, worth = two_level_percentile(xs, 0.5), effective_size(xs, 0.5)
    within = percentile_interval(pooled(xs), 0.5, effective=worth)
    between = mean_interval([percentile(x, 0.5) for x in xs])
    if found is None or within is None:
        assert found is None
        assert worth < 6
        return
    assert percentile(pooled(xs), 0.5) in found
    assert found.hull(within) == found
    assert between is None or found.hull(between.not_below(0)) == found
    assert found.low >= 0


def test_one_process_has_only_the_interval_within() -> None:
    xs = np.random.default_rng(3).permutation(50).astype(float)
    assert two_level_percentile([xs], 0.5) == percentile_interval(xs, 0.5)


def test_queries_that_depend_on_each_other_widen_the_interval_of_one_process() -> None:
    xs = np.random.default_rng(3).permutation(400).astype(float)
    runs = np.sort(xs.reshape(20, 20), axis=0).T.ravel()  # the same numbers, in runs of like ones
    free, bound = two_level_percentile([xs], 0.5), two_level_percentile([runs], 0.5)
    assert free is not None
    assert bound is None or bound.high - bound.low > 1.5 * (free.high - free.low)


def test_too_few_queries_have_no_percentile() -> None:
    assert two_level_percentile([[1.0] * 100] * 3, 0.99) is None
    assert two_level_percentile([[1.0] * 123] * 3, 0.99) is not None


def test_processes_that_differ_widen_the_interval() -> None:
    rng = np.random.default_rng(4)
    alike = [rng.normal(10, 1, 400) for _ in range(3)]
    shifted = [x + shift for x, shift in zip(alike, (0.0, 2.0, 4.0), strict=True)]
    narrow, wide = two_level_percentile(alike, 0.5), two_level_percentile(shifted, 0.5)
    assert narrow is not None
    assert wide is not None
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)


def test_interval_between_processes_covers_the_next_ones_at_its_rate() -> None:
    rng, hits = np.random.default_rng(5), 0
    for _ in range(300):
        xs = [rng.normal(rng.normal(50, 1), 1, 60) for _ in range(5)]  # a level of its own for every process
        found = two_level_percentile(xs, 0.5)
        hits += found is not None and 50.0 in found
    assert hits / 300 >= 0.93


def test_a_single_process_uses_what_is_known_within() -> None:
    assert between_processes([3.0], 3.0) is None
    assert between_processes([3.0], 3.0, within=lambda: Interval(2, 4)) == Interval(2, 4)


def test_several_processes_never_use_the_interval_within() -> None:
    found = between_processes([3.0, 3.0], 3.0, within=lambda: Interval(0, 100))
    assert found == Interval(3, 3)


def test_interval_between_holds_the_point_and_no_negative_value() -> None:
    found = between_processes([1.0, 9.0], 20.0)
    assert found is not None
    assert found.low == 0.0
    assert 20.0 in found
