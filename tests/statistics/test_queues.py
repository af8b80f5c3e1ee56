"""The truth that queues are simulated against holds itself."""

import math

import numpy as np
import pytest

from tests.statistics.queues import md1_latencies, md1_percentile, md1_share


@pytest.mark.parametrize("load", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("wait", [0.3, 1.7, 4.2])
def test_shares_are_those_of_erlangs_alternating_series(load: float, wait: float) -> None:
    # (1-ρ) Σ_{k ≤ x} [λ(k-x)]^k / k! e^{-λ(k-x)} (Erlang 1909), which cancels badly only far out
    erlang = (1 - load) * sum(
        (load * (k - wait)) ** k / math.factorial(k) * math.exp(-load * (k - wait)) for k in range(math.floor(wait) + 1)
    )
    assert md1_share(load, 1 + wait) == pytest.approx(erlang, abs=1e-12)


def test_nobody_waits_with_the_share_that_finds_the_server_idle() -> None:
    assert md1_share(0.8, 1.0) == pytest.approx(0.2)
    assert md1_share(0.8, 0.99) == 0
    assert md1_percentile(0.5, 0.4) == pytest.approx(1.0)


def test_the_mean_wait_is_pollaczek_and_khinchines() -> None:
    for load in (0.5, 0.8):
        xs = np.arange(1, 41, 0.05)
        mean = 1 + sum(0.05 * (1 - md1_share(load, x + 0.025)) for x in xs)
        assert mean == pytest.approx(1 + load / (2 * (1 - load)), abs=2e-3)


def test_simulation_agrees() -> None:
    xs = md1_latencies(np.random.default_rng(0), 0.8, (40, 20000))[:, 2000:]
    for p in (0.5, 0.9, 0.99):
        assert float(np.quantile(xs, p)) == pytest.approx(md1_percentile(0.8, p), rel=0.04)
