"""Laws of `tasks/statistics/warmup.py`."""

import numpy as np
import pytest

from tasks.statistics import Warmup, warmup
from tests.statistics.test_dependence import autoregressive


def test_a_slow_start_is_found_and_its_length_is_about_right() -> None:
    rng = np.random.default_rng(0)
    every = [warmup(np.concatenate([rng.normal(12, 0.5, 60), rng.normal(10, 0.5, 440)])) for _ in range(40)]
    assert all(w.found and w.settled and 55 <= w.samples <= 150 for w in every)
    assert np.median([w.samples for w in every]) <= 65


def test_one_late_outlier_does_not_hide_a_slow_start() -> None:
    rng = np.random.default_rng(1)
    xs = np.concatenate([rng.normal(30, 3, 30), rng.normal(10, 1, 470)])
    xs[400] = 1e4
    assert warmup(xs).found


@pytest.mark.parametrize("phi", [0.0, 0.9])
def test_a_steady_series_has_no_warm_up_found(phi: float) -> None:
    found = [warmup(x) for x in autoregressive(np.random.default_rng(2), phi, (200, 500))]
    assert sum(f.found for f in found) <= 2
    assert np.median([f.samples for f in found]) <= 20


def test_a_drift_is_not_settled() -> None:
    found = warmup(np.linspace(0, 5, 500) + np.random.default_rng(3).normal(size=500))
    assert found == Warmup(250, found=True, settled=False)


@pytest.mark.parametrize("xs", [[], [9.0, 1.0, 1.0], [2.0] * 100])
def test_short_or_constant_series_leave_nothing_out(xs: list[float]) -> None:
    assert warmup(xs) == Warmup(0, found=False, settled=True)


def test_a_step_between_constants_is_found() -> None:
    assert warmup([5.0] * 10 + [1.0] * 90) == Warmup(10, found=True, settled=True)
