"""Laws of `tasks/statistics/dependence.py`, against series whose dependence is known."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.signal import lfilter

from tasks.statistics import effective_size


def autoregressive(rng: np.random.Generator, phi: float, shape: tuple[int, int]) -> Any:
    """x_t = φ x_t-1 + e_t, begun long before."""
    return lfilter([1], [1, -phi], rng.normal(size=(shape[0], shape[1] + 300)), axis=1)[:, 300:]


def test_independent_numbers_are_worth_their_count() -> None:
    rng = np.random.default_rng(0)
    for p in (0.5, 0.9, 0.99):
        worth = [effective_size(list(rng.normal(size=(3, 400))), p) / 1200 for _ in range(100)]
        assert np.median(worth) == 1
        assert min(worth) > 0.6


@pytest.mark.parametrize("phi", [0.5, 0.9])
def test_the_median_of_an_autoregression_is_worth_what_theory_says(phi: float) -> None:
    # the signs of a Gaussian series correlate by 2/π · asin(ρ)
    known = 1 / (1 + 2 * sum(2 / math.pi * math.asin(phi**h) for h in range(1, 300)))
    for alike in (False, True):
        worth = effective_size(list(autoregressive(np.random.default_rng(1), phi, (20, 5000))), 0.5, alike) / 1e5
        assert worth == pytest.approx(known, rel=0.2)


def test_the_size_predicts_the_variance_of_a_percentile_share() -> None:
    series = autoregressive(np.random.default_rng(2), 0.9, (400, 2000))
    quantile = np.quantile(series, 0.9)
    variance = (series <= quantile).mean(axis=1).var()
    assert effective_size(list(series), 0.9) / 400 == pytest.approx(0.9 * 0.1 / variance, rel=0.25)


def test_levels_are_dependence_only_between_series_that_should_be_alike() -> None:
    series = list(np.random.default_rng(3).normal(size=(5, 400)) + 3 * np.arange(5)[:, None])
    assert effective_size(series, 0.5) > 1500
    assert effective_size(series, 0.5, alike=True) < 100


@pytest.mark.parametrize("series", [[[1.0] * 30], [[1.0], [2.0]], [[5.0, 5.0, 5.0]]])
def test_what_does_not_vary_or_is_short_is_worth_its_count(series: list[list[float]]) -> None:
    assert effective_size(series, 0.9) == sum(map(len, series))
