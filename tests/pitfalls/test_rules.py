"""Each rule is silent on a sound measurement and speaks on the one it is for."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tasks.pitfalls.mlperf import unmet
from tasks.pitfalls.rules import RULES, lint
from tests.results_builder import accuracy, result, timed


def found(tmp_path: Path, *processes: Any, **changes: Any) -> set[str]:
    made = result(tmp_path, *processes, **changes)
    return {f.rule for f in lint(made.evaluation, made.measurement)}


def issued(late_ns: int) -> Any:
    process = timed(0)
    return replace(process, latencies=process.latencies.assign(queue_ns=late_ns, issue_error_ns=late_ns))


def started(index: int, slow: int) -> Any:
    """A process whose first queries take twice as long."""
    process = timed(index)
    longer = process.latencies["predict_ns"] * np.where(process.latencies["query"] < slow, 2, 1)
    return replace(process, latencies=process.latencies.assign(predict_ns=longer))


def piped(index: int, between_ns: int, items: int) -> Any:
    """A process of a pipeline of two stages."""
    process = timed(index)
    parts = {"predict.look_ns": 1_000_000 - between_ns, "predict.name_ns": 0, "predict.between_ns": between_ns}
    return replace(process, latencies=process.latencies.assign(**parts, **{"items.look": 1, "items.name": items}))


def test_a_sound_pipeline_has_no_findings(tmp_path: Path) -> None:
    assert found(tmp_path, accuracy(), piped(0, 200_000, 3), piped(1, 200_000, 3)) == set()


def answered(tokens: Any, **columns: Any) -> Any:
    process = timed(0, effective={"at_once": 4})
    return replace(process, latencies=process.latencies.assign(output_tokens=tokens, **columns))


def test_a_sound_measurement_has_no_findings(tmp_path: Path) -> None:
    assert found(tmp_path, accuracy(), timed(0), timed(1)) == set()


@pytest.mark.parametrize(
    ("rule", "processes", "changes"),
    [
        ("within_one_process", [timed(0)], {}),
        ("no_warm_up", [timed(0), timed(1)], {"scenario__warmup_queries": 0}),
        ("timer_too_coarse", [timed(0, predict_ns=1000), timed(1)], {}),
        ("accuracy_of_a_subset", [accuracy(), timed(0), timed(1)], {"scenario__accuracy_samples": 10}),
        ("noisy_host", [timed(0, counters={"time_s": 10.0, "cpu": {"0": {"steal_s": 0.5}}}), timed(1)], {}),
        ("many_threads", [timed(0, threads={"intra": 4, "inter": 1}), timed(1)], {}),
        ("second_attempt", [timed(0, attempt=2), timed(1)], {}),
        ("too_few_samples", [timed(0, queries=19), timed(1)], {}),
        ("profiler_on", [timed(0, process={"profilers": ["$MKL_VERBOSE"]}), timed(1)], {}),
        ("inputs_made_while_timed", [timed(0, predict_ns=900, process={}), timed(1)], {}),
        ("disturbed", [timed(0, counters={"time_s": 10.0, "major_faults": 100, "cpu": {}}), timed(1)], {}),
        ("cold_first_load", [timed(0, page_cache_share=0.0), timed(1)], {}),
        ("issuer_shares_a_core", [timed(0, issuer={"cores": [], "priority": "ordinary"}), timed(1)], {}),
        ("late_issuer", [issued(2_000_000), timed(1)], {}),
        ("more_queries_than_held", [timed(0, full=True), timed(1)], {}),
        ("like_mlperf", [timed(0), timed(1)], {"scenario__generator": "loadgen"}),
        ("start_unlike_the_rest", [started(0, 10), timed(1)], {}),
        ("start_unlike_the_rest", [started(0, 25), timed(1)], {}),
        ("time_is_simulated", [timed(0, simulated=True), timed(1)], {}),
        ("mostly_between_models", [piped(0, 600_000, 1), piped(1, 600_000, 1)], {}),
        ("given_nothing", [piped(0, 200_000, 0), piped(1, 200_000, 0)], {}),
        ("answers_of_other_lengths", [answered(np.arange(50)), timed(1)], {}),
        ("waited_on_this_side", [answered(8, queue_ns=20_000_000, issue_error_ns=0), timed(1)], {}),
        ("answered_elsewhere", [timed(0, client_ms=0.1, client_round_trip_ms=0.2), timed(1)], {}),
    ],
)
def test_a_rule_speaks_on_what_it_is_for_with_a_way_out(
    tmp_path: Path, rule: str, processes: list[Any], changes: dict[str, Any]
) -> None:
    made = result(tmp_path, *processes, **changes)
    findings = lint(made.evaluation, made.measurement)
    assert {f.rule for f in findings} == {rule}
    assert all(f.sentence.endswith(".") and f.way_out.endswith(".") for f in findings)


def test_every_rule_is_tried_above() -> None:
    tried = test_a_rule_speaks_on_what_it_is_for_with_a_way_out.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {name for name, _ in RULES} == {case[0] for case in tried}


def test_a_warm_start_is_counted_where_queries_do_not_wait_and_left_out_where_they_do(tmp_path: Path) -> None:
    for scheduled, said in ((False, "they are in the latencies"), (True, "are left out of queue and response")):
        process = started(0, 10)
        if scheduled:
            process = replace(process, latencies=process.latencies.assign(queue_ns=0))
        made = result(tmp_path, process, timed(1))
        (finding,) = lint(made.evaluation, made.measurement)
        assert "first 10 of 50 queries" in finding.sentence and said in finding.sentence


MLPERF = {"kind": "multi_stream", "generator": "loadgen", "min_duration_s": 600.0, "min_queries": 662}


@pytest.mark.parametrize(
    ("changes", "phrases"),
    [
        ({}, 0),
        ({"min_duration_s": 10.0}, 1),
        ({"min_queries": 130}, 1),
        ({"samples_per_query": 4}, 1),
        ({"kind": "server", "percentile": 90.0}, 1),
        ({"kind": "offline", "batch_size": 16}, 1),
        ({"kind": "offline", "batch_size": 64}, 0),
        ({"generator": "touchstone"}, 1),
    ],
)
def test_every_rule_of_mlperf_that_is_not_met_is_named(changes: dict[str, Any], phrases: int) -> None:
    asked = SimpleNamespace(**{**MLPERF, **changes})
    assert len(unmet(asked, simulated=False)) == phrases
    assert len(unmet(asked, simulated=True)) == phrases + 1


def test_unreadable_steal_is_not_taken_for_noise(tmp_path: Path) -> None:
    counters = {"time_s": 10.0, "cpu": {"0": {"steal_s": "unreadable"}}}
    assert found(tmp_path, timed(0, counters=counters), timed(1)) == set()
