"""Laws of `tasks/statistics/history.py`: alarms a month as asked, and a real change seen."""

import numpy as np
import pytest

from tasks.statistics import watch


def test_false_alarms_a_month_are_as_many_as_asked() -> None:
    rng = np.random.default_rng(0)
    months = 300
    alarms = sum(w.changed for _ in range(months // 6) for w in watch(rng.lognormal(3, 0.02, 30 + 180), 30, 0.5)[30:])
    assert alarms / months == pytest.approx(0.5, abs=0.16)  # four standard errors


def test_a_lasting_change_is_flagged_and_does_not_become_the_baseline() -> None:
    rng = np.random.default_rng(1)
    watched = watch([*rng.lognormal(0, 0.01, 30), *rng.lognormal(0.1, 0.01, 20)], 30)
    assert sum(w.changed for w in watched[:30]) <= 1
    assert all(w.changed for w in watched[30:])


def test_the_first_runs_have_no_expectation() -> None:
    watched = watch([1.0, 1.1, 0.9, 1.0, 1.05, 50.0], 30)
    assert all(w.expected is None and not w.changed for w in watched[:5])
    assert watched[5].changed


def test_a_flagged_run_alone_leaves_the_next_ones_alone() -> None:
    rng = np.random.default_rng(2)
    xs = rng.lognormal(0, 0.01, 40)
    xs[30] = 2.0
    assert [i for i, w in enumerate(watch(xs.tolist(), 30)) if w.changed] == [30]


def test_an_impossible_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="give fewer alarms"):
        watch([1.0], runs_per_month=4, alarms_per_month=4)
