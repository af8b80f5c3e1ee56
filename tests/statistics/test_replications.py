"""Laws of `tasks/statistics/replications.py`: an M/D/1 queue, whose percentiles are known."""

import numpy as np
import pytest

from tasks.statistics import (
    enough_queries,
    percentile,
    percentile_interval,
    pooled,
    replicated_percentile,
    replicated_rule,
    replication_floor,
    too_few_replicated,
)
from tests.statistics.queues import md1_latencies, md1_percentile


@pytest.mark.parametrize(("p", "floor"), [(0.5, 4), (0.9, 20), (0.99, 200)])
def test_floor_of_a_replication(p: float, floor: int) -> None:
    assert replication_floor(p) == floor


def test_interval_covers_the_long_run_where_the_naive_one_does_not() -> None:
    rng, truth, ours, naive = np.random.default_rng(1), md1_percentile(0.8, 0.9), 0, 0
    for _ in range(60):
        xs = list(md1_latencies(rng, 0.8, (10, 4000)))
        found, plain = replicated_percentile(xs, 0.9), percentile_interval(pooled(xs), 0.9)
        assert found is not None
        assert plain is not None
        assert percentile(pooled(xs), 0.9) in found
        ours, naive = ours + (truth in found), naive + (truth in plain)
    assert ours >= 53
    assert naive < 24


def test_few_or_short_replications_are_refused() -> None:
    rng = np.random.default_rng(2)
    assert replicated_percentile(list(md1_latencies(rng, 0.5, (4, 5000))), 0.5) is None
    assert replicated_percentile(list(md1_latencies(rng, 0.5, (5, 5000))), 0.5) is not None
    assert replicated_percentile(list(md1_latencies(rng, 0.9, (10, 4000))), 0.99) is None


def test_the_rule_and_the_refusal_are_said_in_words() -> None:
    rng = np.random.default_rng(3)
    independent = list(rng.random((5, 500)))
    assert replicated_rule(independent, 0.9) == "two-sided 95 %, 5 replications, worth 2500 independent queries"
    assert too_few_replicated(independent[:1], 0.9).endswith("there is 1")
    dependent = list(md1_latencies(rng, 0.9, (5, 1000)))
    assert "200 independent ones in each of 5 replications; the 5000 there are" in too_few_replicated(dependent, 0.99)
    assert enough_queries(independent, 0.9) == 100 and enough_queries(dependent, 0.99) > 1000
