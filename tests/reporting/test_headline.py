"""Laws of `tasks/reporting/headline.py`: the numbers follow the scenario, and never one that was not measured."""

import dataclasses
from typing import Any

import pytest

from tasks.reporting.headline import caption, headlines
from tasks.results.measurement import Check, Estimate, Measurement, Verdict
from tasks.specs.evaluation import Evaluation
from tests.builders import specification
from tests.reporting import builders

SCHEDULED = {"latency_bound_ms": 80.0, "percentile": 90.0}
SPECIFIC: dict[str, dict[str, Any]] = {
    "server": {**SCHEDULED, "target_qps": 40.0, "generator": "touchstone"},
    "peak": {**SCHEDULED, "tolerance": 0.1, "confirmations": 1},
    "batches": {"sizes": [1, 2]},
    "offline": {"batch_size": 4, "generator": "touchstone"},
    "single_stream": {"generator": "touchstone"},
    "multi_stream": {"samples_per_query": 4, "generator": "touchstone"},
}


def evaluation(kind: str) -> Evaluation:
    data = specification()
    data["scenario"] |= {"id": kind, "kind": kind, **SPECIFIC[kind]}
    return Evaluation.model_validate(data)


def metrics(*names: str, **values: float | None) -> dict[str, Estimate]:
    every: dict[str, float | None] = dict.fromkeys(("accuracy_top1", *names), 5.0) | values
    return {name: Estimate(value, "ms", note="" if value else "needs more", n=9) for name, value in every.items()}


def test_of_streamed_answers_what_is_told_of_their_tokens_stands_there_too() -> None:
    names = [
        "end_to_end_p90_ms",
        "throughput_per_s",
        "ttft_p50_ms",
        "ttft_p90_ms",
        "tpot_p99_ms",
        "output_tokens_per_s",
    ]
    told = {"ttft_p99_ms": None, "tpot_p50_ms": 5.0, "goodput_share": 1.0, "accuracy_top1": None}
    found = headlines(builders.result(evaluation=evaluation("single_stream"), metrics=metrics(*names, **told)))
    streamed = ["ttft_p90_ms", "tpot_p99_ms", "output_tokens_per_s", "goodput_share"]
    assert [one.name for one in found] == ["end_to_end_p90_ms", *streamed]
    assert found[1].what == "time to first token, p90"


@pytest.mark.parametrize(
    ("kind", "measured", "expected"),
    [
        ("server", "response_p90_ms response_p99_ms throughput_per_s", "response_p90_ms throughput_per_s"),
        ("peak", "peak_qps peak_failed_qps response_p90_ms", "peak_qps response_p90_ms"),
        ("batches", "throughput_per_s optimal_batch_by_gain", "throughput_per_s optimal_batch_by_gain"),
        ("offline", "throughput_per_s end_to_end_p50_ms", "throughput_per_s end_to_end_p50_ms"),
        ("single_stream", "end_to_end_p90_ms throughput_per_s", "end_to_end_p90_ms throughput_per_s"),
        ("multi_stream", "end_to_end_p99_ms throughput_per_s", "end_to_end_p99_ms throughput_per_s"),
    ],
)
def test_a_scenario_is_told_by_accuracy_what_judges_it_and_what_is_read_beside(
    kind: str, measured: str, expected: str
) -> None:
    found = headlines(builders.result(evaluation=evaluation(kind), metrics=metrics(*measured.split())))
    assert [one.name for one in found] == ["accuracy_top1", *expected.split()]


def test_a_percentile_that_may_not_be_stated_gives_way_to_one_that_needs_less() -> None:
    few = metrics("end_to_end_p50_ms", end_to_end_p90_ms=None)
    assert headlines(builders.result(metrics=few))[1].name == "end_to_end_p50_ms"
    none = headlines(builders.result(metrics=metrics(end_to_end_p90_ms=None)))[1]
    assert none.number.value == "–" and "needs more" in none.basis


@pytest.mark.parametrize("outcome", ["met", "not met", "undecided"])
def test_the_bounds_outcome_stands_at_the_response(outcome: str) -> None:
    verdict = Verdict((Check("latency bound", outcome != "not met", f"latency bound p90 ≤ 80 ms: {outcome}; …"),))
    told = builders.result(evaluation=evaluation("server"), metrics=metrics("response_p90_ms"), verdict=verdict)
    assert [one.said for one in headlines(told)] == ["", f"bound p90 ≤ 80 ms: {outcome}"]


def test_a_bracket_and_two_rules_say_their_other_end() -> None:
    peak = builders.result(evaluation=evaluation("peak"), metrics=metrics(peak_qps=40.0, peak_failed_qps=42.0))
    assert headlines(peak)[1].said == "lowest that failed: 42.00 ms"
    sizes = metrics("throughput_per_s", optimal_batch_by_gain=1, optimal_batch_by_maximum=2)
    assert (
        headlines(builders.result(evaluation=evaluation("batches"), metrics=sizes))[2].said
        == "by the highest throughput: 2 ms"
    )


def test_the_smallest_difference_that_would_show_is_said_when_known() -> None:
    known = builders.result(detectable={"end_to_end_p90_ms": 0.031})
    assert [bool(one.detectable) for one in headlines(known)] == [False, True, False]
    assert "3.1 %" in headlines(known)[1].detectable


def test_nothing_measured_is_no_number() -> None:
    assert headlines(builders.result(measurement=Measurement(()))) == []


def test_captions_are_words() -> None:
    assert [caption(n) for n in ("response_p99_ms", "predict_p50_ms", "end_to_end_trimmed_mean_ms", "load_s")] == [
        "response, p99",
        "predict latency, median",
        "latency end to end, trimmed mean",
        "load_s",
    ]


def test_what_differs_between_sessions_is_said_beside_the_session_s_own_interval() -> None:
    own = builders.result().metrics["end_to_end_p90_ms"]
    over = dataclasses.replace(own, low=own.value / 2, high=own.value * 2, n=12)
    told = {h.name: h.across for h in headlines(builders.result(across={"end_to_end_p90_ms": over}))}
    assert [name for name, said in told.items() if said] == ["end_to_end_p90_ms"]
    assert "between the last 12 runs" in told["end_to_end_p90_ms"]
    assert told["end_to_end_p90_ms"].split(" – ")[0] != headlines(builders.result())[1].number.interval.split(" – ")[0]
