"""The Prefect flow of a comparison that is measured now: each pair prepared, measured in turn, judged, and recorded."""

from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from prefect import flow
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from flows import cli, line, pairs, turns
from flows.orphans import log_orphans
from flows.recorded import REPORTS
from flows.sweeps import opened
from tasks.contrasts import aspects, sides
from tasks.contrasts.recorded import side
from tasks.environment import noise
from tasks.errors import TouchstoneError
from tasks.placement.cluster import connected, described
from tasks.progress import say
from tasks.render import render_contrasts
from tasks.reporting.words import environment
from tasks.results.contrast import Contrast, Contrasts
from tasks.results.measurement import Measurement, Result
from tasks.services import local
from tasks.services.flow_runs import mark_crashed, running
from tasks.specs.comparison import Asked
from tasks.statistics import Plan, detectable, family
from tasks.summarize import summarize
from tasks.titles import one_of_several
from tasks.tracking import runs

Request = dict[str, Any]  # "a" and "b": words or a specification; "question"


def _title() -> str:
    asked = flow_run.parameters["asked"]
    return " | ".join(" ".join(a["a"] if isinstance(a["a"], list) else [a["a"]["model"]["id"]]) for a in asked)


@flow(
    name="compare",
    flow_run_name=_title,
    task_runner=ThreadPoolTaskRunner(max_workers=16),  # type: ignore[arg-type]
    persist_result=False,
)
def compare(asked: list[Request], how: dict[str, Any], words: list[str]) -> Contrasts:
    """Compare each pair of ``asked``, one after the other, as ``how`` says; ``words`` are what was typed."""
    found, plan = [_pair(request) for request in asked], Asked.model_validate(how)
    first, tell = found[0].a[1], say("start")
    running(str(flow_run.id))
    with local.ray(first.services, first.workers, tell) as address:
        tell(f"Ray: {described(address)}")
        with connected(address):
            mark_crashed(tell)
            log_orphans()
            return _compared(found, plan, words)


def _pair(request: Request) -> pairs.Pair:
    a, b = (cli.jobs([request[side]])[0] for side in ("a", "b"))
    words = [request[side] if isinstance(request[side], list) else [] for side in ("a", "b")]
    return pairs.Pair((words[0], a[1]), (words[1], b[1]), tuple(request["question"]))


def _compared(found: list[pairs.Pair], asked: Asked, words: list[str]) -> Contrasts:
    name, tracking = line.run_name("compare"), found[0].a[1].tracking
    ids = runs.start_parent(tracking, name, 2 * len(found), "comparison")
    with opened(name, tracking, ids) as outcome:
        contrasts = _corrected([_contrast(pair, asked, ids["run_id"]) for pair in found], asked.plan())
        done = Contrasts(name, REPORTS / name, tuple(contrasts), tuple(words), ids)
        render_contrasts(done)
        try:
            runs.describe(tracking, ids, *_told(done), done.folder)
        except TouchstoneError as error:
            say("log")(f"{error} The report has it.")
        outcome.append("FINISHED")
    return done


def _corrected(contrasts: list[Contrast], plan: Plan) -> list[Contrast]:
    """Several at once are corrected for their number."""
    if len(contrasts) == 1:
        return contrasts
    judged = family([c.comparison for c in contrasts], plan)
    return [replace(c, comparison=j) for c, j in zip(contrasts, judged, strict=True)]


def _contrast(pair: pairs.Pair, asked: Asked, parent: str) -> Contrast:
    metric = sides.metric_of(asked.metric)
    aspects.judged((), asked.allow, pair.question)  # names in allow
    with ExitStack() as stack:
        begun = [stack.enter_context(line.begun(*job, parent)) for job in (pair.a, pair.b)]
        a, b, inputs = _prepared(begun)
        found = turns.session(a, b, metric, asked)
        results = [line.checked(r.result, i, r.processes, r.steps) for r, i in zip((a, b), inputs, strict=True)]
        contrast = _judged(pair, asked, found, results, (a, b))
        for result, runner in zip(results, (a, b), strict=True):
            line.record(result, runner.steps, parent, runner.pending)
    return contrast


def _prepared(begun: list[Any]) -> tuple[turns.Runner, turns.Runner, list[Any]]:
    """Both sides fetched, provisioned, and judged for accuracy, on one machine. Raises `TouchstoneError`."""
    runners, verdicts, node = [], [], None
    for name, (result, pending) in zip("AB", begun, strict=True):
        steps: dict[str, float] = {}
        asked = result.evaluation
        with one_of_several(asked):
            result, stack = line.placed(result, steps, node, pending)
            runner = turns.Runner(result, stack, pending, [], [], steps)
            verdict, go_on = line.untimed(result, stack, runner.processes, steps, pending)
        if not go_on:
            said = " ".join(check.sentence for check in verdict.checks if not check.passed)
            raise TouchstoneError(f"Side {name} breaks the contract of its model's inputs: {said}")
        node = result.placement.get("node")
        runners.append(runner)
        verdicts.append(verdict)
    return runners[0], runners[1], verdicts


def _judged(
    pair: pairs.Pair, asked: Asked, found: turns.Session, results: list[Result], runners: tuple[turns.Runner, ...]
) -> Contrast:
    differ = aspects.differences(_described(results[0]), _described(results[1]), asked.metric)
    # Measured on one machine in one session, it is not refused any more: what else differs is marked.
    question, marked = aspects.judged(differ, aspects.ASPECTS, pair.question)
    judges = [r.measurement.only("accuracy") for r in results]
    accuracy, note = sides.accuracies(judges[0], judges[1], not any(d.aspect == "dataset" for d in differ))
    metric = sides.metric_of(asked.metric)
    changes = [p.facts["counters"] for r in results for p in r.measurement.timed]
    a, b = (side(r, runner.values, REPORTS / r.run) for r, runner in zip(results, runners, strict=True))
    smallest = detectable([n.log_ratio for n in found.nulls], len(found.blocks)) if found.blocks else None
    return Contrast(
        question, asked.metric, metric.unit, a, b, differ, marked, found.comparison, found.ended, accuracy, note,
        found.blocks, found.nulls, smallest, noise.judged(changes),
    )  # fmt: skip


def _described(result: Result) -> Result:
    """With its metrics and what its processes say of the machine, as a summary has them."""
    return result.with_(
        metrics=summarize.fn(Measurement(result.measurement.processes)), environment=environment(result)
    )


def _told(done: Contrasts) -> tuple[dict[str, float], dict[str, str]]:
    """Metrics and tags of the comparison's run in MLflow."""
    metrics: dict[str, float] = {}
    several = len(done.contrasts) > 1
    for number, c in enumerate(done.contrasts, 1):
        name = f"comparison{f'_{number}' if several else ''}"
        numbers = {"ratio": c.comparison.ratio, "detectable": c.detectable, "blocks": float(len(c.blocks))}
        if c.comparison.interval:
            numbers |= {"low": c.comparison.interval.low, "high": c.comparison.interval.high}
        metrics |= {f"{name}/{key}": value for key, value in numbers.items() if value is not None}
    return metrics, {"touchstone.verdict": ", ".join(c.comparison.verdict for c in done.contrasts)}
