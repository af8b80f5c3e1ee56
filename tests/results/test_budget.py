"""Laws of `tasks/results/budget.py`: only a whole interval decides."""

import pytest

from tasks.results import budget
from tasks.results.budget import Baseline, outcome
from tasks.results.measurement import Estimate


def ms(low: float, high: float, processes: int = 3) -> Estimate:
    return Estimate((low + high) / 2, "ms", low, high, 100, processes)


@pytest.mark.parametrize(
    ("low", "high", "better", "said"),
    [
        (9, 10, "lower", "met"),
        (9, 11, "lower", "undecided"),
        (10.1, 11, "lower", "violated"),
        (10, 11, "higher", "met"),
        (9, 11, "higher", "undecided"),
        (8, 9, "higher", "violated"),
    ],
)
def test_a_bound_of_10_is_decided_by_the_whole_interval(low: float, high: float, better: str, said: str) -> None:
    assert outcome(ms(low, high), 10, better) == said  # type: ignore[arg-type]


def test_the_bound_itself_is_good_unless_strict() -> None:
    assert outcome(ms(9, 10), 10, "lower") == "met" and outcome(ms(9, 10), 10, "lower", strict=True) == "undecided"


@pytest.mark.parametrize(("processes", "said"), [(1, "undecided"), (3, "met")])
def test_a_number_without_an_interval_decides_only_over_processes(processes: int, said: str) -> None:
    assert outcome(Estimate(5.0, "bytes", processes=processes), 10, "lower") == said


def test_what_is_undecided_says_what_would_decide_it() -> None:
    assert "not measured" in budget.held("x", 1, "lower", None).reason
    assert "repetitions" in budget.held("x", 10, "lower", ms(9, 11)).reason
    assert budget.held("x", 10, "lower", Estimate(None, "ms", note="needs at least 368 queries")).reason.startswith(
        "ne"
    )


def test_slower_is_judged_by_the_ratio_and_only_on_the_same_host() -> None:
    base = Baseline("old", "here", ms(9.9, 10.1))
    assert budget.not_slower(base, ms(9.0, 9.2), "here", 0.02).outcome == "met"
    assert budget.not_slower(base, ms(12, 12.2), "here", 0.02).outcome == "violated"
    assert budget.not_slower(base, ms(9.9, 10.3), "here", 0.02).outcome == "undecided"
    elsewhere = budget.not_slower(base, ms(9.0, 9.2), "there", 0.02)
    assert elsewhere.outcome == "undecided" and "host here" in elsewhere.reason
