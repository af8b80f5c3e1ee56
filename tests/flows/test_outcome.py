"""A flow run ends in Prefect as the command does."""

from pathlib import Path

import pytest

from flows.outcome import told, value
from tasks.errors import Refused
from tasks.results.measurement import Budget, Estimate, Result, Sweep, Verdict
from tests.reporting import builders

MET = Verdict()


def budget(outcome: str) -> Budget:
    return Budget("predict_p50_ms", 8.0, "≤", outcome, Estimate(9.0, "ms"))  # type: ignore[arg-type]


def ended(result: Result | Sweep) -> tuple[str, str, str | None]:
    state = told(result)
    assert state.data is result
    return state.type.value, str(state.name), state.message


def test_the_state_follows_the_exit_code_and_says_why() -> None:
    failed, passed = builders.result(), builders.result(verdict=MET)
    assert ended(failed) == ("FAILED", "Failed", "<b>30 of 32</b> agree")
    assert ended(passed)[:2] == ("COMPLETED", "Completed")
    assert ended(passed.with_(budgets=(budget("violated"),)))[::2] == ("FAILED", "predict_p50_ms ≤ 8: violated")
    assert ended(passed.with_(budgets=(budget("undecided"),)))[:2] == ("COMPLETED", "Undecided")
    several = Sweep("sweep-1", Path("reports/sweep-1"), (passed, failed))
    assert ended(several)[2] == "1 of 2 evaluations did not pass. First: <b>30 of 32</b> agree"


def test_a_result_that_did_not_pass_is_returned_and_what_was_raised_is_raised() -> None:
    state = told(builders.result())
    assert value(state).run == "r1"
    with pytest.raises(Refused, match="no such"):
        value(state.model_copy(update={"data": Refused("no such")}))
