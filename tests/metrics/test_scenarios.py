"""Laws of the metrics of scheduled arrivals, of searches, of batch sizes, and of what LoadGen says."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tasks.metrics import compute_all
from tasks.metrics.bound import verdict
from tasks.metrics.latency import percentile_ms
from tasks.results.measurement import Measurement
from tasks.results.process import Process
from tasks.scenarios._loadgen import summary
from tasks.statistics import early_stopping_estimate
from tests.metrics.builders import latencies, process, timed
from tests.statistics.queues import md1_latencies, md1_percentile

RNG = np.random.default_rng(0)


def served(response_ms: float, index: int = 0, n: int = 400, late_us: float = 3.0, **facts: Any) -> Process:
    """Queries that take 2 ms (1 ms predict) after a queue of random length around ``response_ms`` - 2."""
    table = latencies(np.full(n, 1.0)).assign(
        queue_ns=(1e6 * (response_ms - 2) * RNG.uniform(0.9, 1.1, n)).astype(np.int64),
        issue_error_ns=int(1e3 * late_us),
    )
    return process("timed", index, {"latencies": table}, bound={"ms": 10.0, "percentile": 90.0}, **facts)


def several(response_ms: float, **facts: Any) -> Measurement:
    return Measurement(tuple(served(response_ms, i, **facts) for i in range(5)))


def test_queue_and_end_to_end_are_never_mixed_and_add_up_to_the_response() -> None:
    found = compute_all(several(8))
    assert found["end_to_end_p50_ms"].value == 2 and found["predict_p50_ms"].value == 1
    assert found["response_p50_ms"].value == pytest.approx(found["queue_p50_ms"].value + 2)


def test_without_a_schedule_there_is_no_queue_and_no_verdict() -> None:
    measurement = Measurement((timed(np.full(400, 1.0)),))
    assert not {"queue_p50_ms", "response_p50_ms", "bound_share", "issue_error_p99_us"} & set(compute_all(measurement))
    assert verdict(measurement) is None


@pytest.mark.parametrize(("response_ms", "passed", "word"), [(8, True, ": met"), (12, False, "not met")])
def test_the_verdict_follows_the_whole_interval(response_ms: float, passed: bool, word: str) -> None:
    check = verdict(several(response_ms))
    assert check and check.passed is passed and word in check.sentence


def test_an_interval_on_both_sides_or_too_few_queries_is_undecided_and_does_not_fail() -> None:
    for measurement in (Measurement((served(8), served(12, 1))), Measurement((served(8, n=5),))):
        check = verdict(measurement)
        assert check and check.passed and "undecided" in check.sentence


def test_how_late_the_issuer_was_is_told() -> None:
    assert compute_all(several(8, late_us=70.0))["issue_error_p99_us"].value == pytest.approx(70.0)


def test_the_peak_is_the_mean_over_processes_and_its_response_is_no_throughput() -> None:
    rates = (90.0, 92.0, 94.0)
    found = compute_all(
        Measurement(
            tuple(served(8, i, search=True, peak_passed_qps=r, peak_failed_qps=r + 1) for i, r in enumerate(rates))
        )
    )
    assert found["peak_qps"].value == 92 and found["peak_failed_qps"].value == 93 and "throughput_per_s" not in found


def test_no_rate_that_passes_is_no_number() -> None:
    facts = {"search": True, "peak_passed_qps": None, "peak_failed_qps": 3.0, "points": [{"rate": 3.0}]}
    found = compute_all(Measurement((served(8, **facts),)))["peak_qps"]
    assert found.value is None and "no rate passed in 1 of 1 processes, down to 3 per s" in found.note


def sized(index: int, per_query_ms: dict[int, float]) -> Process:
    """20 queries of each batch size, one size after the other; its own best is the headline."""
    tables, at = [], 0
    for point, (size, ms) in enumerate(per_query_ms.items()):
        table = latencies(np.full(20, ms), samples=size, other_ms=0).assign(point=point)
        tables.append(table.assign(start_ns=table["start_ns"] + at, query=table["query"] + 20 * point))
        at += int(20e6 * ms)
    rates = [size / ms for size, ms in per_query_ms.items()]
    best = int(np.argmax(rates))
    return process(
        "timed", index, {"latencies": pd.concat(tables, ignore_index=True)}, headline=[best],
        points=[{"batch_size": size} for size in per_query_ms],
        optimal_by_gain=list(per_query_ms)[best], optimal_by_maximum=list(per_query_ms)[best],
    )  # fmt: skip


def test_all_processes_are_about_the_batch_size_that_is_best_for_all() -> None:
    measurement = Measurement((sized(0, {1: 1.0, 2: 1.8, 4: 3.0}), sized(1, {1: 1.0, 2: 1.4, 4: 3.1})))
    found = compute_all(measurement)
    assert found["optimal_batch_by_maximum"].value == 4 and "4, 2" in found["optimal_batch_by_maximum"].note
    assert {size for p in measurement.timed for size in p.timed["samples"]} == {4}
    assert found["throughput_per_s"].value == pytest.approx(8 / 6.1e-3)


SUMMARY = """
Scenario : SingleStream
Result is : VALID
  Min duration satisfied : Yes
50.00 percentile latency (ns)   : 1500000
99.00 percentile latency (ns)   : 3000000
QPS w/ loadgen overhead         : 650.5
 * Early stopping 90.0th percentile estimate: 2000000
"""


def test_what_loadgen_says_stands_beside_ours_with_what_it_assumes() -> None:
    found = compute_all(Measurement((timed(np.full(400, 1.0), facts={"loadgen": summary(SUMMARY)}),)))
    assert found["loadgen_p50_ms"].value == 1.5 and found["loadgen_p99_ms"].value == 3.0
    assert found["loadgen_per_s"].value == 650.5
    assert found["loadgen_p50_ms"].note == "MLPerf LoadGen: VALID; assumes independent samples"


def test_a_model_that_only_takes_time_is_not_right_or_wrong() -> None:
    found = compute_all(Measurement((timed(np.full(400, 1.0), facts={"service_ms": 0.0}),)))["accuracy_top1"]
    assert found.value is None and found.note.startswith("not evaluated")


def queued(load: float, index: int, n: int = 2500, start_ms: float = 0.0) -> Process:
    """An M/D/1 queue of service 1 ms; ``start_ms`` more for the first tenth."""
    response_ms = md1_latencies(np.random.default_rng(index), load, (n,))
    response_ms[: n // 10] += start_ms
    table = latencies(np.ones(n), other_ms=0).assign(queue_ns=(1e6 * (response_ms - 1)).astype(np.int64))
    return process("timed", index, {"latencies": table}, bound={"ms": 10.0, "percentile": 99.0})


def queues(load: float, processes: int = 5, **more: Any) -> Measurement:
    return Measurement(tuple(queued(load, i, **more) for i in range(processes)))


def test_a_percentile_of_a_queue_is_over_replications_and_says_its_rule() -> None:
    found = compute_all(queues(0.3))["response_p99_ms"]
    assert found.value is not None and found.low is not None and found.high is not None
    assert found.low <= md1_percentile(0.3, 0.99) <= found.high
    assert found.note.startswith("two-sided 95 %, 5 replications, worth ") and "independent queries" in found.note
    assert int(found.note.split("worth ")[1].split()[0]) < found.n, "queries that wait for each other"


def test_fewer_replications_than_five_are_refused_with_what_to_raise() -> None:
    found = compute_all(queues(0.3, processes=3))["queue_p50_ms"]
    assert found.value is None and found.note.endswith("there are 3; set scenario.repetitions=5 or more")


def test_a_queue_that_is_watched_too_short_is_refused_and_following_what_it_names_ends_in_a_number() -> None:
    """A short run has not seen all of its dependence, so that one step may not be enough."""
    n, found = 600, compute_all(queues(0.6, n=600))["response_p99_ms"]
    assert found.value is None and "depend on each other" in found.note
    for _ in range(3):
        named = int(found.note.split("min_queries to about ")[1].split(",")[0])
        assert named > n
        n, found = named, percentile_ms(queues(0.6, n=named), "response", 99)
        assert found is not None
        if found.value is not None:
            break
    assert found.value is not None


def test_a_start_that_differs_is_left_out_of_the_response_and_of_the_share() -> None:
    plain, started = compute_all(queues(0.3)), compute_all(queues(0.3, start_ms=20.0))
    assert started["response_p99_ms"].value == pytest.approx(plain["response_p99_ms"].value, rel=0.1)
    assert started["response_p99_ms"].n < plain["response_p99_ms"].n and started["bound_share"].value > 0.99


def test_a_queue_that_grows_for_ever_does_not_meet_its_bound_though_it_has_no_percentile() -> None:
    check, found = verdict(queues(1.5)), compute_all(queues(1.5))
    assert found["response_p99_ms"].value is None
    assert check and not check.passed and "of the queries are within it" in check.sentence


def test_early_stopping_is_loadgens_rule_in_each_process_and_says_what_it_assumes() -> None:
    found = compute_all(
        Measurement((timed(np.arange(1, 101.0), other_ms=0), timed(np.arange(2, 102.0), 1, other_ms=0)))
    )
    alone = early_stopping_estimate(np.arange(1, 101.0), 0.9)
    assert alone is not None and found["early_stopping_p90_ms"].value == pytest.approx(alone + 0.5)
    assert "assumes independent samples" in found["early_stopping_p90_ms"].note
    assert found["early_stopping_p99_ms"].value is None and "662" in found["early_stopping_p99_ms"].note
    assert "early_stopping_passed" not in found


@pytest.mark.parametrize(("late", "share"), [(13, 1.0), (14, 0.0)])
def test_the_servers_rule_counts_what_is_late(late: int, share: float) -> None:
    """Of 2500 queries 13 may be late at p99: I_0.99(2487, 14) = 0.0063, one more is 0.0121."""
    table = latencies(np.ones(2500), other_ms=0).assign(queue_ns=(np.arange(2500) < late) * 20_000_000)
    served = process("timed", 0, {"latencies": table}, bound={"ms": 10.0, "percentile": 99.0})
    found = compute_all(Measurement((served,)))
    assert found["early_stopping_passed"].value == share and "early_stopping_p90_ms" not in found
