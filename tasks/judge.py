"""Judge: what was expected of an evaluation against what it gave."""

from pathlib import Path

from prefect import task

from tasks import ROOT
from tasks.contrasts.aspects import COUNTS
from tasks.errors import Refused
from tasks.metrics import all_metrics
from tasks.results import budget
from tasks.results.budget import Baseline
from tasks.results.measurement import Budget, Estimate, Result
from tasks.results.recorded import read_result
from tasks.specs.evaluation import Evaluation
from tasks.statistics import Plan
from tasks.titles import titled

LATENCY = "end_to_end_trimmed_mean_ms"  # what «slower» is about: no percentile, so never refused for few queries
MUST_AGREE = {"dataset": "data set", "scenario": "scenario"}
Found = tuple[Baseline, dict[str, str], dict[str, float]]  # hashes, and its `COUNTS`


@task(persist_result=False, name="judge budgets", task_run_name=titled("judge budgets"))
def judge(result: Result) -> tuple[Budget, ...]:
    """Each bound of ``expect`` with what was seen, met, violated, or undecided."""
    expect, known = result.evaluation.expect, all_metrics()
    bounds = expect.bounds.items()
    found = [budget.held(name, bound, known[name].direction, result.metrics.get(name)) for name, bound in bounds]
    if base := baseline(result.evaluation):
        host = str(result.placement.get("host", ""))
        found.append(budget.not_slower(base, result.metrics.get(LATENCY), host, Plan().margin))
    return tuple(found)


def baseline(evaluation: Evaluation) -> Baseline | None:
    """The run that this evaluation may not be slower than, from reports/, a summary.json, or the MLflow store.

    Raises `Refused` for one that does not exist or that had another data set or scenario, but for how much it measured.
    """
    run = evaluation.expect.not_slower_than
    if run is None:
        return None
    base, hashes, counts = _read(run) or _recorded(evaluation, run)
    own = evaluation.hashes() | {"scenario": evaluation.scenario.model_copy(update=counts).content_hash()}
    if other := [said for aspect, said in MUST_AGREE.items() if hashes[aspect] != own[aspect]]:
        raise Refused(
            f"expect.not_slower_than={run}: that run had another {' and another '.join(other)}, so its time is no "
            "bound for this one. Name a run of the same, or measure the old state once more."
        )
    return base


def _read(run: str) -> Found | None:
    for path in (ROOT / "reports" / run / "summary.json", Path(run) / "summary.json", Path(run)):
        if not path.is_file():
            continue
        try:
            found = read_result(path)
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(f"expect.not_slower_than={run}: {path} is no summary of one evaluation.") from error
        seen = found.metrics.get(LATENCY, Estimate(None, "ms"))
        counts = {name: getattr(found.evaluation.scenario, name) for name in COUNTS}
        return Baseline(found.run, str(found.placement.get("host", "")), seen), found.hashes, counts
    return None


def _recorded(evaluation: Evaluation, run: str) -> Found:
    from tasks.tracking import records

    limit = "scenario.time_limit_s"
    try:
        row = records.named(evaluation.tracking, run, [LATENCY], [limit]).astype(object).iloc[0]
    except Refused as error:
        raise Refused(f"expect.not_slower_than={run}: {error}") from error
    value, low, high = (None if (x := row[f"{LATENCY}{end}"]) != x else float(x) for end in ("", "_low", "_high"))
    seen = Estimate(value, "ms", low, high, int(row["repetitions"]), int(row["repetitions"]))
    counts = {"repetitions": int(row["repetitions"]), "time_limit_s": float(row[limit])}
    return Baseline(run, str(row["host"]), seen), {aspect: row[f"hash_{aspect}"] for aspect in MUST_AGREE}, counts
