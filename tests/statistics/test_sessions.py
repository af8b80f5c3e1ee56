"""Two finished runs: Welch's t, hand-checked, and how many processes would do."""

import math

import numpy as np
import pytest
from scipy import stats

from tasks.statistics import Plan, between_sessions, processes_needed

PLAN = Plan()


def test_it_is_welchs_t_over_log_times() -> None:
    a, b = [10.0, 10.1, 10.3], [11.0, 11.4, 10.9, 11.1]
    found = between_sessions(a, b, PLAN)
    theirs = stats.ttest_ind(np.log(b), np.log(a), equal_var=False)
    assert found.p_different == pytest.approx(theirs.pvalue)
    assert found.interval and found.ratio
    ends = theirs.confidence_interval(0.95)
    assert (found.interval.low, found.interval.high) == pytest.approx((math.exp(ends.low), math.exp(ends.high)))
    assert found.blocks == 3 and "processes a side" in between_sessions(a, [10.0, 10.4], PLAN).reason


def test_three_processes_a_side_of_a_noisy_machine_say_nothing_and_quiet_ones_do() -> None:
    noisy, quiet = [10.0, 10.6, 9.8], [10.0, 10.001, 10.002]
    assert between_sessions(noisy, [10.1, 10.5, 9.9], PLAN).verdict == "UNDECIDED"
    assert between_sessions(quiet, quiet, PLAN).verdict == "SAME"
    assert between_sessions(quiet, [11.0, 11.001, 11.002], PLAN).verdict == "SLOWER"
    assert between_sessions([11.0, 11.001, 11.002], quiet, PLAN).verdict == "FASTER"


def test_equal_times_are_the_same_and_one_process_says_nothing() -> None:
    assert between_sessions([1.0, 1.0], [1.0, 1.0], PLAN).verdict == "SAME"
    alone = between_sessions([1.0], [2.0, 2.0], PLAN)
    assert alone.verdict == "UNDECIDED" and alone.interval is None and "two are the least" in alone.reason


def test_more_noise_needs_more_processes_and_as_many_are_enough() -> None:
    rng = np.random.default_rng(0)
    few, many = (processes_needed(*np.exp(rng.normal(0, sd, (2, 20))), PLAN) for sd in (0.005, 0.02))
    assert few and many and 2 <= few < many
    assert processes_needed([1.0], [1.0], PLAN) is None
    assert processes_needed([1.0, 9.0], [1.0, 9.0], PLAN) is None, "more than can be said"
