"""How a flow run ends in Prefect: as the command does, so that its UI and its automations see what did not pass."""

from typing import Any

from prefect import State
from prefect.states import Completed, Failed

from tasks.results.measurement import UNDECIDED, Result, Sweep


def told(done: Result | Sweep) -> State[Any]:
    """Failed where the exit code is 1, «Undecided» where it is 4, with the reason; the value travels along."""
    if done.exit_code == UNDECIDED:
        return Completed(name="Undecided", message=_reason(done), data=done)
    return Failed(message=_reason(done), data=done) if done.exit_code else Completed(data=done)


def value(state: State[Any]) -> Result | Sweep:
    """What the flow gave, whether it passed or not. What it raised is raised."""
    found: Result | Sweep | BaseException = state.result(raise_on_failure=False)
    if isinstance(found, BaseException):
        raise found
    return found


def _reason(done: Result | Sweep) -> str:
    if isinstance(done, Sweep):
        unmet = [cell for cell in done.cells if cell.exit_code]
        return f"{len(unmet)} of {len(done.cells)} evaluations did not pass. First: {_reason(unmet[0])}"
    if not done.passed:
        return done.failure or " ".join(check.sentence for check in done.verdict.checks if not check.passed)
    unmet_budgets = [b for b in done.budgets if b.outcome != "met"]
    return "; ".join(f"{b.name} {b.relation} {b.bound:g}: {b.outcome}" for b in unmet_budgets)
