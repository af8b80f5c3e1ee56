"""The three numbers that matter in a scenario: how right, the metric it is judged by, and the one to read beside it.

Of text that is streamed: the metric it is judged by, and what is told of its tokens.

In: a `Result`. Out: `Headline`s, as far as they were measured. Knows no scenario by name: what one is judged by is its
own word, and what is read beside it follows from what was measured.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tasks import plugins
from tasks.modalities import judge_of
from tasks.reporting.numbers import NONE, Shown, percent, shown
from tasks.results.measurement import Estimate, Result

BOUND = "latency bound"  # the check that says whether it is met
WAYS = ("p99_ms", "p90_ms", "p50_ms", "trimmed_mean_ms")  # each needs fewer queries than the one before
BESIDE = ("tpot_p50_ms", "optimal_batch_by_gain", "throughput_per_s", "end_to_end_p50_ms", "predict_p50_ms")
PLACES = {
    "predict": "predict latency",
    "end_to_end": "latency end to end",
    "response": "response",
    "ttft": "time to first token",
    "tpot": "time per output token",
}
STREAMED = (*("ttft_p99_ms", "tpot_p99_ms"), *("output_tokens_per_s", "goodput_share"))
CAPTIONS = {
    "accuracy_top1": "accuracy, top 1",
    "picture_psnr_db": "PSNR",
    "text_perplexity": "perplexity",
    "detection_map": "mean average precision",
    "segmentation_miou": "mean intersection over union",
    "depth_abs_rel": "relative error of depth",
    "ranking_auc": "ROC AUC",
    "retrieval_recall_at_1": "recall at 1",
    "forecast_mase": "MASE",
    "speech_wer": "word error rate",
    "translation_bleu": "BLEU",
    "throughput_per_s": "throughput",
    "output_tokens_per_s": "output tokens",
    "goodput_share": "requests within the limits",
    "peak_qps": "highest rate that passed",
    "optimal_batch_by_gain": "best batch size, by gain",
}
ALSO = {
    "peak_qps": ("peak_failed_qps", "lowest that failed"),
    "optimal_batch_by_gain": ("optimal_batch_by_maximum", "by the highest throughput"),
    "ranking_auc": ("ranking_gain", "above popularity alone"),
    "retrieval_recall_at_1": ("retrieval_gain_at_1", "above counts of colours, or of bytes"),
    "forecast_mase": ("forecast_gain", "less error than the season before"),
}


@dataclass(frozen=True)
class Headline:
    """One number: the metric's name, what it is, and what else its reader should know."""

    name: str
    what: str
    estimate: Estimate
    said: str = ""
    detectable: str = ""
    across: str = ""

    @property
    def number(self) -> Shown:
        """As people read it."""
        return shown(self.estimate)

    @property
    def basis(self) -> str:
        """What it rests on: observations, processes, a note."""
        behind = f"n = {self.estimate.n:,}"
        if self.estimate.note:
            return f"{behind} · {self.estimate.note}"
        return behind + (f" in {self.estimate.processes} processes" if self.estimate.processes > 1 else "")


def headlines(result: Result) -> list[Headline]:
    """At most three, in the order of the page; where answers are streamed, what is told of their tokens as well."""
    right, main, streamed = rightness(result), judged(result), list(_streamed(result))
    wanted = (*[right] * _stated(result, right), main, *streamed) if streamed else (right, main, *_beside(result, main))
    named = [_headline(result, name) for name in dict.fromkeys(wanted) if name in result.metrics]
    return named if streamed else named[:3]


def _streamed(result: Result) -> Iterator[str]:
    """Of each, the percentile that may be stated; the first where none may."""
    for name in (name for name in STREAMED if name in result.metrics):
        group = name.split("_p99_")[0]
        ways = [f"{group}_{way}" for way in WAYS[:3]] if "_p99_" in name else [name]
        yield next((way for way in ways if _stated(result, way)), name)


def judged(result: Result) -> str:
    """The metric that the scenario is judged by, or the nearest one that may be stated; its name when there is none."""
    named: str = plugins.load("tasks.scenarios", result.evaluation.scenario.kind).JUDGED
    first = _response(result) if "bound" in named else named
    nearest = next((name for name in _nearest(first) if _stated(result, name)), None)
    return nearest or next((name for name in _nearest(first) if name in result.metrics), first)


def rightness(result: Result) -> str:
    """The metric that says how right a model of this modality is; where it was not judged, that of classification."""
    judge = judge_of(result.evaluation.model.modality)
    return judge.headline if judge and judge.headline in result.metrics else "accuracy_top1"


def rightnesses(results: Iterable[Result]) -> list[str]:
    """The same of several results, each metric once; that of classification where there are none."""
    return list(dict.fromkeys(map(rightness, results))) or ["accuracy_top1"]


def caption(name: str) -> str:
    """A metric in words: «response, p99»."""
    place = next((p for p in PLACES if name.startswith(f"{p}_")), None)
    if place is None:
        return CAPTIONS.get(name, name)
    way = name.removeprefix(f"{place}_").removesuffix("_ms")
    return f"{PLACES[place]}, {'median' if way == 'p50' else way.replace('_', ' ')}"


def bound(result: Result) -> str:
    """«met», «not met», or «undecided», as the check of the latency bound said; else nothing."""
    said = next((check.sentence for check in result.verdict.checks if check.name == BOUND), "")
    return next((word for word in ("undecided", "not met", "met") if f": {word}" in said), "")


def _headline(result: Result, name: str) -> Headline:
    smallest = result.detectable.get(name)
    told = f"differences from {percent(smallest)} on would show" if smallest else ""
    return Headline(name, caption(name), result.metrics[name], _said(result, name), told, _across(result, name))


def _across(result: Result, name: str) -> str:
    over = result.across.get(name)
    return f"{shown(over).interval} with what differed between the last {over.n} runs" if over else ""


def _said(result: Result, name: str) -> str:
    also, words = ALSO.get(name, ("", ""))
    if also in result.metrics:
        return f"{words}: {shown(result.metrics[also]).full}"
    asked, outcome = result.evaluation.scenario, bound(result)
    if not name.startswith("response_") or not outcome:
        return ""
    return f"bound p{asked.percentile:g} ≤ {asked.latency_bound_ms:g} ms: {outcome}"


def _response(result: Result) -> str:
    """The percentile of the bound; without a bound the p99."""
    return f"response_p{getattr(result.evaluation.scenario, 'percentile', 99):g}_ms"


def _nearest(name: str) -> Iterator[str]:
    """The metric, then those that need fewer queries, the framework's call last."""
    yield name
    place = next((p for p in PLACES if name.startswith(f"{p}_")), None)
    if place is not None:
        yield from (f"{of}_{way}" for of in dict.fromkeys((place, "predict")) for way in _easier(name))


def _easier(name: str) -> tuple[str, ...]:
    way = next((i for i, way in enumerate(WAYS) if name.endswith(f"_{way}")), 0)
    return WAYS[way:]


def _beside(result: Result, main: str) -> Iterator[str]:
    searched = (_response(result),) if main == "peak_qps" else ()
    yield from (name for name in (*searched, *BESIDE) if name != main and _stated(result, name))


def _stated(result: Result, name: str) -> bool:
    return name in result.metrics and shown(result.metrics[name]).value != NONE
