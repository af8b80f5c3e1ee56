"""The measurement linter: what a reader should know before trusting a number, each with a way out.

In: evaluation and measurement. Out: findings. A rule is a decorated function that yields them; nothing lists the rules.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tasks.environment import noise
from tasks.pitfalls.mlperf import UNCHECKED, unmet
from tasks.results.measurement import Finding, Measurement
from tasks.results.process import latency_ns, stages_of
from tasks.specs.evaluation import Evaluation
from tasks.statistics import warmup

Rule = Callable[[Evaluation, Measurement], Iterator[tuple[Any, str, str]]]
RULES: list[tuple[str, Rule]] = []
LEAST_QUERIES = 20
MOST_BETWEEN = 0.5  # of the time from the first model's begin to the last one's end
WAITED_MS = 10.0


def rule(function: Rule) -> Rule:
    """Register a rule under its function's name; it yields (severity, sentence, way out)."""
    RULES.append((function.__name__, function))
    return function


def lint(evaluation: Evaluation, measurement: Measurement) -> tuple[Finding, ...]:
    """Every finding of every rule."""
    return tuple(Finding(name, *found) for name, check in RULES for found in check(evaluation, measurement))


@rule
def within_one_process(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """One process says nothing about the next one."""
    if len(measurement.timed) == 1:
        yield (
            "warning",
            "The latencies come from one process; the next one may differ by more than their interval.",
            "Set scenario.repetitions=3 or more.",
        )


@rule
def no_warm_up(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """First queries are slower."""
    if measurement.timed and not evaluation.scenario.warmup_queries:
        yield (
            "warning",
            "There was no warm-up: the first queries are in the latencies.",
            "Set scenario.warmup_queries=10.",
        )


@rule
def start_unlike_the_rest(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """Warm-up that goes on after the queries that were to take it (MSER-5); a queue's own is left out of response."""
    for process in measurement.timed:
        for queries in process.schedules if len(process.timed) else []:
            scheduled = "queue_ns" in queries
            seen = warmup(latency_ns(queries, "response" if scheduled else "end_to_end"))
            if not seen.found:
                continue
            start = f"first {seen.samples} of {len(queries)} queries of timed process {process.index + 1} differ"
            counted = "are left out of queue and response" if scheduled else "are in the latencies"
            if seen.settled:
                yield "note", f"The {start} from the rest; they {counted}.", "Raise scenario.warmup_queries."
            else:
                way = "Lower the rate: the queue may grow for ever." if scheduled else "Raise scenario.min_duration_s."
                yield "warning", f"The {start} from the rest: it had not settled; they {counted}.", way
            return


@rule
def timer_too_coarse(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """A clock step above 1 % of the median latency is seen in the percentiles."""
    for process in measurement.timed:
        step = process.facts.get("process", {}).get("clock", {}).get("resolution_ns")
        median = float(np.median(process.latency_ns("predict"))) if len(process.timed) else 0
        if isinstance(step, (int, float)) and step > 0.01 * median:
            yield (
                "warning",
                f"The clock steps by {step:g} ns, the median prediction takes {median:g} ns.",
                "Measure batches: scenario=offline.",
            )
            return


@rule
def accuracy_of_a_subset(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """Accuracy over a part of the data set is an estimate for the whole."""
    process = measurement.only("accuracy")
    if process and evaluation.scenario.accuracy_samples != "all":
        yield (
            "note",
            f"Accuracy was judged on {len(process.predictions)} samples, a seeded subset.",
            "Set scenario.accuracy_samples=all.",
        )


@rule
def noisy_host(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """Stolen time and involuntary switches while timed."""
    for process in measurement.timed:
        counters = process.facts.get("counters", {})
        stolen = [core.get("steal_s") for core in counters.get("cpu", {}).values()]
        known = [s for s in stolen if isinstance(s, (int, float))]
        share = sum(known) / (counters["time_s"] * len(known)) if known and counters.get("time_s") else 0.0
        if share > 0.01:
            yield (
                "warning",
                f"Timed process {process.index + 1} lost {share:.1%} of its cores' time to the hypervisor.",
                "Repeat on a quieter host.",
            )


@rule
def many_threads(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """More threads than reserved cores wait for each other."""
    for process in measurement.timed[:1]:
        threads, cores = process.facts["threads"]["intra"], len(process.facts["cpus"])
        if threads > cores:
            yield "warning", f"{threads} threads shared {cores} reserved cores.", f"Set software.threads.intra={cores}."


@rule
def cold_first_load(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """Load times mix cold and warm page caches."""
    shares = [p.facts.get("page_cache_share") for p in measurement.timed]
    known = [s for s in shares if isinstance(s, float)]
    if known and max(known) - min(known) > 0.5:
        yield (
            "note",
            "Some processes loaded the model from disk and some from the page cache; load_s mixes both.",
            "Repeat the run: then all are warm.",
        )


@rule
def second_attempt(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """The machine failed once."""
    for process in measurement.processes:
        if (process.facts.get("attempt") or 1) > 1:
            name = f"{process.role} process {process.index + 1}"
            yield "note", f"The {name} is a second attempt: the machine ended the first.", "Look for what ended it."


@rule
def issuer_shares_a_core(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """No core is left for the process that announces queries."""
    if any(p.facts.get("issuer", {}).get("cores") == [] for p in measurement.timed):
        yield (
            "warning",
            "Every core is reserved, so that the issuer of queries shares one with the model.",
            "Leave one free: hw=cpu1, or a smaller hw.cpus.",
        )


@rule
def more_queries_than_held(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """A process holds so many queries and no more."""
    if any(p.facts.get("full") for p in measurement.timed):
        yield (
            "note",
            "A process ended at a million queries, before its minimum time.",
            "Lower scenario.min_duration_s; more queries hardly narrow the interval.",
        )


@rule
def time_is_simulated(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """No clock was waited for."""
    if any(p.facts.get("simulated") for p in measurement.timed):
        yield "note", "Time is simulated: no number is one of this machine.", "Set software.options.time=wall."


@rule
def like_mlperf(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """What LoadGen issued is not thereby a submission."""
    if evaluation.scenario.generator == "loadgen" and measurement.timed:
        rules = unmet(evaluation.scenario, any(p.facts.get("simulated") for p in measurement.timed))
        said = (
            f"of the rules that are checked these are not met: {'; '.join(rules)}" if rules else "checked rules are met"
        )
        yield (
            "note",
            f"MLPerf-like, not a submission: {said}.",
            f"Set what is named. Never checked here: {UNCHECKED}.",
        )


@rule
def late_issuer(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """Queries that are announced late arrive as another schedule."""
    for process in measurement.timed:
        if "issue_error_ns" in process.latencies:
            late_us = float(np.percentile(process.timed["issue_error_ns"], 99)) / 1e3
            if late_us > 1000:
                yield (
                    "warning",
                    f"1 % of the queries were announced more than {late_us / 1e3:.3g} ms late.",
                    "Leave a core free, let the process have real-time priority, or repeat on a quieter host.",
                )
                return


@rule
def too_few_samples(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """A median of a handful of queries is one of chance."""
    fewest = min((len(p.timed) for p in measurement.timed), default=LEAST_QUERIES)
    if fewest < LEAST_QUERIES:
        yield (
            "warning",
            f"A process timed {fewest} queries; fewer than {LEAST_QUERIES} say little about the next one.",
            f"Set scenario.min_queries={LEAST_QUERIES} or more, or raise scenario.min_duration_s.",
        )


@rule
def profiler_on(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """A profiler's own cost is in every latency."""
    seen = [p.facts.get("process", {}).get("profilers") for p in measurement.timed]
    named = sorted({name for found in seen if isinstance(found, list) for name in found})
    if named:
        yield "warning", f"While timed, the process was watched by {', '.join(named)}.", "Switch it off and repeat."


@rule
def inputs_made_while_timed(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """Throughput and end-to-end latency are then about making inputs, not about the model."""
    for process in measurement.timed[:1]:
        stages = [int(process.timed[f"{stage}_ns"].sum()) for stage in ("preprocess", "predict", "postprocess")]
        if sum(stages) and stages[0] > 0.5 * sum(stages):
            yield (
                "note",
                f"Making inputs took {stages[0] / sum(stages):.0%} of the timed part; end_to_end and throughput are "
                "about that, predict is not.",
                "Read predict_…, or give smaller samples or fewer steps.",
            )


@rule
def answered_elsewhere(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """The machine that is described is not the one that predicts."""
    own = [(p.facts["client_ms"], p.facts["client_round_trip_ms"]) for p in measurement.timed if "client_ms" in p.facts]
    if own:
        work, trip = (float(np.mean(each)) for each in zip(*own, strict=True))
        yield (
            "note",
            f"A server predicted: predict_… holds this side's work ({work:.3g} ms a sample) and a round trip "
            f"({trip:.3g} ms without a prediction); hw, host, and noise are this side's.",
            "Say beside the numbers what serves, and where; from another machine the network is in them.",
        )


@rule
def answers_of_other_lengths(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """Latency and throughput follow the length of an answer."""
    counts = [p.timed["output_tokens"] for p in measurement.timed if "output_tokens" in p.timed]
    tokens = np.concatenate(counts) if counts else np.zeros(0)
    if tokens.size and (empty := int((tokens == 0).sum())):
        yield "warning", f"{empty} of {tokens.size} answers had no token.", "Look at the server, or give other prompts."
    if tokens.size and tokens.min() < tokens.max():
        yield (
            "note",
            f"Answers had {tokens.min()} to {tokens.max()} tokens, {tokens.mean():.3g} on average: how long they took "
            "is about that length too.",
            "Set software.options.body.ignore_eos=true where the server knows it, or read ttft and tpot.",
        )


@rule
def waited_on_this_side(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """A request that is not sent yet is in no queue of the server."""
    for process in measurement.timed:
        most = process.facts.get("effective", {}).get("at_once")
        waited_ms = float(process.timed["queue_ns"].median()) / 1e6 if most and "queue_ns" in process.timed else 0.0
        if waited_ms > WAITED_MS:
            yield (
                "warning",
                f"Half of the requests waited {waited_ms:.3g} ms or more until one of {most} under way had ended.",
                f"Set software.options.at_once={4 * most} or more, or a lower rate.",
            )
            return


@rule
def disturbed(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """Other work on the machine while timed; stolen time has a rule of its own."""
    changes = [p.facts["counters"] for p in measurement.timed if p.facts.get("counters")]
    found = {name: f for name, f in noise.judged(changes).items() if f["state"] == noise.SEEN and name != "steal"}
    if found:
        yield "warning", f"The machine was not quiet; {noise.words(found)}.", "End what else runs, and repeat."


@rule
def mostly_between_models(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """What is in no model is not the software's."""
    own = [p for p in measurement.timed if "predict.between_ns" in p.timed]
    spent = [float(sum(p.latency_ns(name).sum() for p in own)) for name in ("predict.between", "predict")]
    if own and spent[0] > MOST_BETWEEN * spent[1]:
        yield (
            "warning",
            f"The steps between the models took {100 * spent[0] / spent[1]:.0f} % of predict: they are this project's, "
            "and hide what the software takes.",
            "Compare software by predict_<stage>_p50_ms, or choose models that need less between them.",
        )


@rule
def given_nothing(evaluation: Evaluation, measurement: Measurement) -> Iterator[tuple[Any, str, str]]:
    """A model that was not asked took no time, which is no latency of it."""
    for stage in [name for p in measurement.timed[:1] for name in stages_of(p.timed) if f"items.{name}" in p.timed]:
        asked = np.concatenate([p.timed[f"items.{stage}"].to_numpy() > 0 for p in measurement.timed])
        if not asked.all():
            yield (
                "note",
                f"The stage «{stage}» was given nothing in {(~asked).sum()} of {len(asked)} queries; its percentiles "
                "count those as 0 ms.",
                "For its own latency raise what the step before gives it, such as a lower least_score of crop.",
            )
