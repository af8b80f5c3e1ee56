"""Laws of `tasks/statistics/noise.py`."""

import math

import numpy as np
import pytest

from tasks.statistics import detectable, detectable_again


def test_the_detectable_difference_is_the_one_found_with_its_power() -> None:
    from scipy.stats import norm, trim_mean

    rng = np.random.default_rng(6)
    found = detectable(0.01 * norm.ppf((np.arange(400) + 0.5) / 400), 12)  # A/A blocks of 1 %
    assert found is not None
    equal, planted = (trim_mean(rng.normal(m, 0.01, (20_000, 12)), 0.25, axis=1) for m in (0, math.log1p(found)))
    assert np.mean(np.abs(planted) > np.quantile(np.abs(equal), 0.95)) == pytest.approx(0.8, abs=0.02)


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
