"""Laws of `tasks/statistics/stopping.py`."""

import numpy as np
import pytest

from tasks.statistics import Budget, Interval, look_confidence, mean_interval

BUDGET = Budget(half_width=0.02, most=20, most_s=60)


@pytest.mark.parametrize(
    ("interval", "units", "spent_s", "ended"),
    [
        (Interval(9.9, 10.1), 3, 1.0, "narrow enough"),
        (Interval(9, 11), 3, 1.0, None),
        (None, 1, 1.0, None),
        (Interval(9, 11), 20, 1.0, "budget of units"),
        (None, 1, 60.0, "budget of time"),
        (Interval(9.9, 10.1), 20, 60.0, "narrow enough"),
    ],
)
def test_what_ended_it_is_said(interval: Interval | None, units: int, spent_s: float, ended: str | None) -> None:
    assert BUDGET.ended(10.0, interval, units, spent_s) == ended


def test_all_looks_together_spend_the_level() -> None:
    spent = [1 - look_confidence(j) for j in range(1, 20_000)]
    assert sum(spent) == pytest.approx(0.05, abs=1e-5)
    with pytest.raises(ValueError, match="from 1"):
        look_confidence(0)


def test_coverage_survives_stopping_where_a_plain_interval_loses_it() -> None:
    rng, hits = np.random.default_rng(0), {"plain": 0, "ours": 0}
    for _ in range(600):
        xs = rng.normal(10, 1, 40)
        for kind in hits:
            for look, n in enumerate(range(3, 41), 1):
                found = mean_interval(xs[:n], look_confidence(look) if kind == "ours" else 0.95)
                if Budget(0.02, 40, 1e9).ended(float(xs[:n].mean()), found, n, 0):
                    break
            hits[kind] += found is not None and 10.0 in found
    assert hits["ours"] / 600 >= 0.94 > hits["plain"] / 600
