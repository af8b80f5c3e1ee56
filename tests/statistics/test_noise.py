"""Laws of `tasks/statistics/noise.py`."""

import math

import numpy as np
import pytest

from tasks.statistics import detectable, detectable_again


def test_the_detectable_difference_is_the_one_found_with_its_power() -> None:
    from scipy.stats import ttest_1samp

    rng = np.random.default_rng(6)
    aa = rng.normal(0, 1, 8)
    aa = 0.01 * (aa - aa.mean()) / aa.std(ddof=1)  # a deviation of exactly 1 %
    found = detectable(aa, 8)
    assert found is not None
    trials = rng.normal(math.log1p(found), 0.01, (20_000, 8))
    assert np.mean(ttest_1samp(trials, 0, axis=1).pvalue < 0.05) == pytest.approx(0.8, abs=0.01)


def test_few_blocks_detect_nothing_and_more_detect_less() -> None:
    aa = [0.01, -0.01, 0.02, -0.02]
    assert detectable(aa[:3], 8) is None
    few, many = detectable(aa, 4), detectable(aa, 16)
    assert few is not None
    assert many is not None
    assert math.log1p(few) == pytest.approx(2 * math.log1p(many))


def test_what_a_second_session_would_show_is_found_with_its_power() -> None:
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(7)
    logs = rng.normal(0, 1, 5)
    logs = 0.02 * (logs - logs.mean()) / logs.std(ddof=1)
    found = detectable_again(np.exp(3 + logs))
    assert found is not None and detectable_again(np.exp(logs[:2])) is None
    first, second = rng.normal(0, 0.02, (20_000, 5)), rng.normal(math.log1p(found), 0.02, (20_000, 5))
    assert np.mean(ttest_ind(first, second, axis=1).pvalue < 0.05) == pytest.approx(0.8, abs=0.01)
