"""Laws of `tasks/statistics/comparison.py`: what each verdict rests on, and how often it is wrong."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.statistics import Comparison, Plan, compare, family, holm, log_ratio

PLAN = Plan()
blocks = st.lists(st.floats(-0.2, 0.2), min_size=0, max_size=25)


def noisy(rng: np.random.Generator, ratio: float, sd: float, n: int = 20) -> list[float]:
    """Log ratios of blocks of two processes each."""
    return [
        log_ratio(rng.lognormal(0, sd, 2).tolist(), rng.lognormal(math.log(ratio), sd, 2).tolist()) for _ in range(n)
    ]


def test_a_log_ratio_is_that_of_geometric_means_and_cancels_drift() -> None:
    assert log_ratio([2.0, 8.0], [8.0, 8.0]) == pytest.approx(math.log(2))
    drift = [1.1**t for t in range(4)]  # A B B A while everything slows down
    assert log_ratio([drift[0], drift[3]], [drift[1], drift[2]]) == pytest.approx(0)


@pytest.mark.parametrize(("ratio", "verdict"), [(1.03, "SLOWER"), (0.97, "FASTER"), (1.0, "SAME"), (1.005, "SAME")])
def test_quiet_machines_get_the_right_verdict_at_the_first_look(ratio: float, verdict: str) -> None:
    found = compare(noisy(np.random.default_rng(1), ratio, 0.002), PLAN)
    assert (found.verdict, found.blocks) == (verdict, 6)
    assert found.interval is not None
    assert ratio in found.interval


def test_a_noisy_machine_gets_undecided_and_the_reason() -> None:
    found = compare(noisy(np.random.default_rng(2), 1.03, 0.1), PLAN)
    assert (found.verdict, found.blocks) == ("UNDECIDED", 20)
    assert found.reason.endswith("can be rejected with 20 blocks")


@given(blocks)
def test_the_verdict_is_what_the_interval_says(log_ratios: list[float]) -> None:
    found = compare(log_ratios, PLAN)
    if found.interval is None or found.ratio is None:
        assert len(log_ratios) < 6
        assert found.verdict == "UNDECIDED"
        return
    assert found.ratio in found.interval
    inside = found.interval.low >= 1 - PLAN.margin and found.interval.high <= 1 + PLAN.margin
    assert (found.verdict == "SAME") == inside or min(
        abs(found.interval.low - 0.98), abs(found.interval.high - 1.02)
    ) < 1e-9
    if found.verdict in ("FASTER", "SLOWER"):
        assert 1 not in found.interval
        assert found.p_different <= PLAN.false_alarm


@given(blocks)
def test_exchanging_a_and_b_exchanges_faster_and_slower(log_ratios: list[float]) -> None:
    margin = Plan(margin=1e-6)  # ±margin is not quite symmetric in logs
    one, other = compare(log_ratios, margin).verdict, compare([-x for x in log_ratios], margin).verdict
    assert {"FASTER": "SLOWER", "SLOWER": "FASTER"}.get(one, one) == other


@given(blocks, st.floats(-0.1, 0.1))
def test_blocks_after_a_verdict_do_not_change_it(log_ratios: list[float], another: float) -> None:
    found = compare(log_ratios, PLAN)
    if found.verdict != "UNDECIDED":
        assert compare([*log_ratios, another], PLAN) == found


def test_an_ended_budget_looks_once_more_and_a_plan_says_how_far_the_next_look_is() -> None:
    xs = noisy(np.random.default_rng(3), 1.05, 0.01, 9)
    undecided = Plan(looks=(3, 12))
    assert compare(xs[:3], undecided).verdict == "UNDECIDED"
    assert compare(xs, undecided).blocks == 3
    assert (compare(xs, undecided, ended=True).verdict, compare(xs, undecided, ended=True).blocks) == ("SLOWER", 9)
    assert compare(xs[:2], undecided, ended=True).blocks == 2
    assert compare(xs[:1], undecided, ended=True).reason == "1 blocks; the first look needs 3"
    assert [PLAN.next_look(n) for n in (0, 6, 19, 20)] == [6, 12, 20, None]


@pytest.mark.parametrize("wrong", [{"looks": ()}, {"looks": (1, 5)}, {"looks": (6, 5)}, {"margin": 0.0}])
def test_an_impossible_plan_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"looks are|not between 0 and 1"):
        Plan(**wrong)  # type: ignore[arg-type]


def test_identical_blocks_are_the_same_and_no_error() -> None:
    assert compare([0.0] * 6, PLAN).verdict == "SAME"
    assert compare([0.1] * 6, PLAN).verdict == "SLOWER"


def test_holm_golden() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_between_the_plain_value_and_bonferronis_and_keeps_the_order(ps: list[float]) -> None:
    adjusted = holm(ps)
    assert all(p <= q <= min(1.0, p * len(ps)) for p, q in zip(ps, adjusted, strict=True))
    assert sorted(adjusted) == [adjusted[i] for i in sorted(range(len(ps)), key=ps.__getitem__)]


def test_a_family_takes_back_what_one_of_many_may_not_say() -> None:
    rng = np.random.default_rng(4)
    clear, close = compare(noisy(rng, 1.1, 0.002)), Comparison("SLOWER", 1.03, None, 0.02, 20, 0.0015, 1.0, "")
    found = family([clear, close, compare([])])
    assert [c.verdict for c in found] == ["SLOWER", "UNDECIDED", "UNDECIDED"]
    assert found[0].reason.endswith("after Holm's correction for 3)")
    assert found[2] == compare([])
    assert family([clear])[0].verdict == clear.verdict


def test_false_alarms_and_wrong_sames_stay_at_their_rates() -> None:
    rng = np.random.default_rng(5)
    for slow in (0.0, 0.1):  # none, or one process in twenty a tenth slower
        alarms = sames = 0
        for _ in range(1500):
            x = rng.normal(0, 0.01, (20, 2)) + slow * (rng.random((20, 2)) < 0.05)
            y = rng.normal(0, 0.01, (20, 2)) + slow * (rng.random((20, 2)) < 0.05)
            d = (y - x).mean(axis=1)
            alarms += compare(d).verdict in ("FASTER", "SLOWER")
            sames += compare(d + math.log(1.02)).verdict == "SAME"
        assert alarms <= 8  # 3 expected at the most
        assert sames / 1500 <= 0.04
