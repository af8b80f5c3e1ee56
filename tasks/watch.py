"""Watch: a result against the runs of the same evaluation, software, and host that were recorded before it."""

import pandas as pd
from prefect import task

from tasks.analyses import drift
from tasks.errors import TouchstoneError
from tasks.metrics import version
from tasks.modalities import judge_of
from tasks.progress import say
from tasks.results.measurement import Estimate, Finding, Result
from tasks.specs.protocol import Drift
from tasks.statistics.history import LEAST
from tasks.titles import titled
from tasks.tracking import records

RIGHT = "accuracy_top1"


@task(persist_result=False, name="watch for drift", task_run_name=titled("watch for drift"))
def watch(result: Result, shown: tuple[str, ...]) -> tuple[tuple[Finding, ...], dict[str, Estimate]]:
    """One finding a metric that has changed, and the metrics ``shown`` with their intervals over sessions.

    Neither for a failed evaluation, or while the history is short.
    """
    asked = result.evaluation.tracking
    if not result.passed:
        return (), {}
    drifting = _watched(result)
    same = {
        "hash_evaluation": result.hashes["evaluation"],
        "stack": str(result.stack.get("key", "")),
        "host": str(result.placement.get("host", "")),
    }
    try:
        names = dict.fromkeys((*drifting.metrics, *shown))
        before = records.frame(asked, names, where={k: v for k, v in same.items() if v})
    except TouchstoneError as error:
        say("watch")(f"{error} So this run is not held against its history.")
        return (), {}
    now = _row(result)
    before = before[(before["run"] != result.run) & (before["started"] <= now["started"].iloc[0])]
    if len(before) < LEAST:
        return (), {}
    runs = drift.history(pd.concat([now, before.astype(object)], ignore_index=True))
    return tuple(drift.findings(runs, drifting)), drift.across(runs, shown, result)


def _watched(result: Result) -> Drift:
    """What is asked, and how right models of this modality are where how right pictures are classified is watched."""
    asked, judge = result.evaluation.tracking.drift, judge_of(result.evaluation.model.modality)
    if judge is None or RIGHT not in asked.metrics or judge.headline in asked.metrics:
        return asked
    names = tuple(judge.headline if name == RIGHT else name for name in asked.metrics)
    return asked.model_copy(update={"metrics": names})


def _row(result: Result) -> pd.DataFrame:
    """The result as the store will have it, as far as a history needs."""
    row = {"run": result.run, "started": pd.Timestamp(result.started_at), "state": "passed", "baseline": None}
    for name, estimate in result.metrics.items():
        if estimate.value is not None:
            row |= {name: estimate.value, f"{name}_version": version(name)}
    return pd.DataFrame([row], dtype=object)
