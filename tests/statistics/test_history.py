"""Laws of `tasks/statistics/history.py`: alarms a month as asked, and a real change seen."""

import numpy as np
import pytest

from tasks.statistics import Interval, across_sessions, watch


def test_runs_outside_by_chance_are_as_many_a_month_as_asked_and_alarms_fewer() -> None:
    rng, months = np.random.default_rng(0), 300
    watched = [w for _ in range(months // 6) for w in watch(rng.lognormal(3, 0.02, 30 + 180).tolist(), 30, 0.5)[30:]]
    assert sum(w.outside for w in watched) / months == pytest.approx(0.5, abs=0.16)  # four standard errors
    assert sum(w.changed for w in watched) / months < 0.1


def test_a_slow_process_now_and_then_is_no_alarm() -> None:
    rng = np.random.default_rng(3)
    xs = rng.lognormal(0, 0.01, 2000) * np.where(rng.random(2000) < 0.05, 1.1, 1.0)
    assert sum(w.changed for w in watch(xs.tolist(), 30)[30:]) <= 12  # 5 expected: two slow ones in a row


def test_a_lasting_change_is_flagged_and_does_not_become_the_baseline() -> None:
    rng = np.random.default_rng(1)
    watched = watch([*rng.lognormal(0, 0.01, 30), *rng.lognormal(0.1, 0.01, 20)], 30)
    assert not any(w.changed for w in watched[:30])
    assert watched[30].outside
    assert all(w.changed for w in watched[31:])


def test_the_first_runs_have_no_expectation() -> None:
    watched = watch([1.0, 1.1, 0.9, 1.0, 1.05, 50.0], 30)
    assert all(w.expected is None and not w.outside for w in watched[:5])
    assert watched[5].outside


def test_a_flagged_run_alone_leaves_the_next_ones_alone() -> None:
    rng = np.random.default_rng(2)
    xs = rng.lognormal(0, 0.01, 40)
    xs[30] = 2.0
    assert [i for i, w in enumerate(watch(xs.tolist(), 30)) if w.outside] == [30]


def test_an_impossible_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="give fewer alarms"):
        watch([1.0], runs_per_month=4, alarms_per_month=4)


def test_runs_outside_on_both_sides_are_noise_and_no_change() -> None:
    rng = np.random.default_rng(4)
    watched = watch([*rng.lognormal(0, 0.01, 30), 1.2, 0.8, 1.2], 30)
    assert [w.outside for w in watched[30:]] == [True, True, True]
    assert not any(w.changed for w in watched)


def test_a_value_that_never_differs_is_inside_until_it_does() -> None:
    watched = watch([0.973] * 20 + [0.972] * 2, 30)
    assert [w.outside for w in watched] == [False] * 20 + [True, True]
    assert watched[-1].changed


def test_the_interval_over_sessions_holds_their_mean_at_its_rate_where_that_of_one_session_does_not() -> None:
    rng, held, inside = np.random.default_rng(5), 0, 0
    for _ in range(2000):
        sessions = 0.1 * rng.standard_normal(11)  # the log of what each is off by; one's own interval is ± 3 %
        values = np.exp(sessions + 0.015 * rng.standard_normal(11))
        own = Interval(values[-1] * 0.97, values[-1] * 1.03)
        over = across_sessions(values[-1], own, values[:-1].tolist())
        assert over
        held += 1.0 in over
        inside += 1.0 in own
    assert held / 2000 == pytest.approx(0.95, abs=0.02)  # four standard errors
    assert inside / 2000 < 0.3


def test_fewer_than_five_sessions_say_nothing_of_the_next() -> None:
    assert across_sessions(1.0, Interval(0.9, 1.1), [1.0, 1.1, 0.9, 1.0]) is None
    assert across_sessions(1.0, Interval(0.9, 1.1), [1.0] * 5) == Interval(0.9, 1.1)
