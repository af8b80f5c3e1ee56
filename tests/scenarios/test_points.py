"""Laws of the scenarios with several points: batches and peak, in simulated time."""

import pytest

from tasks.errors import Refused
from tasks.scenarios import batches, peak
from tasks.scenarios.base import Log
from tests.scenarios.simulated import Server, table


def searched(bound_ms: float, queries: int = 30_000, seed: int = 0, **more: float) -> Log:
    log = Log()
    asked = {"percentile": 99.0, "tolerance": 0.01, "confirmations": 2, "warmup_queries": 3, "min_duration_s": 0.0}
    peak.run(Server().system(seed), log, latency_bound_ms=bound_ms, min_queries=queries, **{**asked, **more})
    return log


@pytest.mark.parametrize(("bound_ms", "expected"), [(15, 63.900), (20, 92.576), (30, 125.906), (50, 154.697)])
def test_the_peak_is_that_of_m_d_1(bound_ms: float, expected: float) -> None:
    """Service 5 ms, p99; Erlang's distribution of the wait, computed with 80 digits. 1 % with more queries: peak.md."""
    facts = searched(bound_ms).facts
    assert facts["peak_passed_qps"] == pytest.approx(expected, rel=0.05)
    assert facts["peak_passed_qps"] < facts["peak_failed_qps"] <= 1.0102 * facts["peak_passed_qps"]


def test_both_ends_of_the_bracket_are_confirmed_with_fresh_seeds() -> None:
    log = searched(20, 3000)
    for fact, passed in (("peak_passed_qps", True), ("peak_failed_qps", False)):
        confirmed = [p for p in log.points if p["rate"] == log.facts[fact] and p["role"] == "confirm"]
        assert confirmed and {p["passed"] for p in confirmed} == {passed}
        assert not {p["seed"] for p in confirmed} & {p["seed"] for p in log.points if p["role"] == "search"}


def test_the_result_is_about_the_confirmed_rate_that_passed() -> None:
    log = searched(20, 3000)
    assert {log.points[i]["rate"] for i in log.headline} == {log.facts["peak_passed_qps"]} and len(log.headline) == 2
    assert set(table(log)["point"]) == set(range(len(log.points)))


def test_the_same_seed_gives_the_same_search_and_another_process_another() -> None:
    first, again, other = searched(20, 3000), searched(20, 3000), searched(20, 3000, seed=1)
    assert first.points == again.points and first.points[0]["seed"] != other.points[0]["seed"]


def test_a_bound_below_the_service_time_has_no_peak() -> None:
    log = searched(4.9, 500)
    assert log.facts["peak_passed_qps"] is None and not any(p["passed"] for p in log.points)


@pytest.mark.parametrize("bound_ms", [4.9, 5.0001, 20])
def test_the_result_is_about_some_queries_whether_a_rate_passed_or_not(bound_ms: float) -> None:
    log = searched(bound_ms, 500)
    assert log.headline and len(table(log)[table(log)["point"].isin(log.headline)])


def batched(sizes: list[int], fixed_ns: int = 5_000_000, each_ns: int = 0) -> Log:
    server, log = Server(fixed_ns, samples=64), Log()
    predict = server.predict

    def per_sample(query: list[int]) -> list[int]:
        server.clock.ns += each_ns * len(query)
        return predict(query)

    server.predict = per_sample  # type: ignore[method-assign]
    batches.run(server.system(), log, sizes=sizes, warmup_queries=1, min_duration_s=0.0, min_queries=10)
    return log


def test_throughput_of_every_size_is_what_the_server_does() -> None:
    assert [p["per_s"] for p in batched([1, 2, 4]).points] == pytest.approx([200, 400, 800])


def test_the_two_rules_differ_where_throughput_flattens() -> None:
    """1 ms and 1 ms a sample: 500, 667, 800, 889, 941, 970 per s; the last step brings 3 %."""
    facts = batched([1, 2, 4, 8, 16, 32], 1_000_000, 1_000_000).facts
    assert (facts["optimal_by_gain"], facts["optimal_by_maximum"]) == (16, 32)


@pytest.mark.parametrize(("rates", "at"), [([100.0], 0), ([100, 104.9, 300], 0), ([100, 105, 110], 1), ([3, 2, 1], 0)])
def test_the_gain_is_judged_step_by_step(rates: list[float], at: int) -> None:
    assert batches.by_gain(rates) == at


@pytest.mark.parametrize("sizes", [[], [2, 1], [1, 1]])
def test_sizes_that_do_not_rise_are_a_sentence(sizes: list[int]) -> None:
    with pytest.raises(Refused, match="must rise"):
        batched(sizes)
