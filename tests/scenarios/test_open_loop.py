"""Laws of scheduled arrivals: simulated time for what is exact, the real issuer for what is real."""

import statistics
import threading
import time
from array import array
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.errors import TouchstoneError
from tasks.scenarios import _schedules as schedules
from tasks.scenarios import burst, replay, server, single_stream, uniform
from tasks.scenarios._arrivals import free_cores
from tasks.scenarios._open import open_loop
from tasks.scenarios.base import Log, System
from tests.scenarios.simulated import Server, table

BOUND = {"latency_bound_ms": 50.0, "percentile": 99.0, "warmup_queries": 2}


def served(kind: Any, rate: float, seconds: float = 20.0, seed: int = 0, system: Any = None, **more: Any) -> Log:
    log = Log()
    asked = {**BOUND, "target_qps": rate, "min_duration_s": seconds, "min_queries": 10, **more}
    kind.run((system or Server()).system(seed), log, **asked)
    return log


def test_a_schedule_is_the_same_on_every_run_and_another_for_another_seed() -> None:
    first, again, other = (served(server, 100, seed=s) for s in (1, 1, 2))
    assert first.facts["schedule"] == again.facts["schedule"] != other.facts["schedule"]
    assert first.parts[1].readings == again.parts[1].readings


def test_the_schedule_of_a_seed_is_pinned() -> None:
    offsets = schedules.enough(schedules.poisson(100.0, 7), 1.0, 10)
    assert schedules.fingerprint(offsets) == schedules.fingerprint(array("q", offsets)) == PINNED


PINNED = "6837ef2f95a97d99"


def test_poisson_gaps_have_the_mean_and_the_deviation_of_an_exponential() -> None:
    offsets = np.array(schedules.enough(schedules.poisson(100.0, 3), 0.0, 100_000))
    gaps = np.diff(offsets) / 1e9
    assert gaps.mean() == pytest.approx(0.01, rel=0.01) and gaps.std() == pytest.approx(0.01, rel=0.02)


def test_both_minima_hold_for_a_schedule() -> None:
    assert len(schedules.enough(schedules.uniform(10.0), 2.0, 5)) == 20
    assert len(schedules.enough(schedules.uniform(10.0), 2.0, 50)) == 50


def test_queue_and_service_add_up_to_the_response() -> None:
    queries = table(served(server, 150, system=Server(around_ns=1000)))
    ends = queries["start_ns"] + queries[["preprocess_ns", "predict_ns", "postprocess_ns"]].sum(axis=1)
    arrivals = queries["start_ns"] - queries["queue_ns"]
    assert ((ends - arrivals) == queries["queue_ns"] + 5_002_000).all()
    assert (queries["queue_ns"] >= 0).all() and queries["queue_ns"].max() > 0


def test_queries_that_come_slower_than_they_are_served_do_not_wait() -> None:
    assert "queue_ns" not in table(served(uniform, 100))


def test_of_a_burst_each_waits_for_those_before_it() -> None:
    queue_ms = table(served(burst, 40, burst_size=4))["queue_ns"] / 1e6
    assert queue_ms[:8].tolist() == [0, 5, 10, 15, 0, 5, 10, 15]


def test_the_mean_wait_is_that_of_m_d_1() -> None:
    rate, service = 120.0, 0.005
    load = rate * service
    expected = load * service / (2 * (1 - load))  # Pollaczek-Khinchine for a constant service time
    assert table(served(server, rate, 2000))["queue_ns"].mean() / 1e9 == pytest.approx(expected, rel=0.03)


def test_a_stall_shows_in_server_and_not_in_single_stream() -> None:
    """50 ms every 2 s on a server of 0.1 ms: 2.5 % of arrivals meet it, one query of 20 000 does."""

    def stalls(now: int) -> int:
        since = now % 2_000_000_000
        return 100_000 + (50_000_000 - since if since < 50_000_000 else 0)

    seen = table(served(server, 1000, 100, system=Server(stalls)))
    response_ms = (seen["queue_ns"] + seen["predict_ns"]) / 1e6
    assert np.percentile(response_ms, 99) == pytest.approx(30, rel=0.15)
    log = Log()
    single_stream.run(Server(stalls).system(), log, warmup_queries=0, min_duration_s=20, min_queries=1)
    assert np.percentile(table(log)["predict_ns"], 99) / 1e6 == pytest.approx(0.1)


def test_a_trace_is_replayed_from_its_first_arrival_and_faster_if_asked(tmp_path: Path) -> None:
    (tmp_path / "trace.txt").write_text("# seconds\n100.0\n100.5  # half a second later\n\n103.0\n")
    log = Log()
    replay.run(Server().system(), log, trace=str(tmp_path / "trace.txt"), speed=2.0, **BOUND)
    starts = table(log)["start_ns"]
    assert (starts - starts[0]).tolist() == [0, 250_000_000, 1_500_000_000]


@pytest.mark.parametrize("text", ["", "1.0\n", "2.0\n1.0\n", "soon\n"])
def test_what_is_no_trace_is_a_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / "trace.txt").write_text(text)
    with pytest.raises(TouchstoneError, match="The trace"):
        schedules.recorded(str(tmp_path / "trace.txt"), 1.0)


def real(offsets: array, predict: Any = lambda q: q) -> Log:  # type: ignore[type-arg]
    log = Log()
    open_loop(System(lambda q: q, predict, lambda q: q, [0, 1, 2]), log, offsets)
    return log


def test_the_real_issuer_announces_every_query_and_never_early() -> None:
    offsets = schedules.enough(schedules.poisson(500.0, 0), 0.5, 10)
    scheduled, issued, t0, *_ = np.array(real(offsets).parts[0].readings).reshape(-1, 6).T
    assert len(scheduled) == len(offsets) and (issued >= scheduled).all() and (t0 >= issued).all()
    assert (scheduled - scheduled[0] == np.array(offsets) - offsets[0]).all()


def test_a_slow_predictor_does_not_make_the_issuer_late() -> None:
    log = real(schedules.enough(schedules.uniform(200.0), 0.0, 100), lambda q: time.sleep(0.008))
    scheduled, issued, t0, *_ = np.array(log.parts[0].readings).reshape(-1, 6).T
    assert (t0 - scheduled)[-1] > 200_000_000, "the queue grows"
    assert statistics.median((issued - scheduled).tolist()) < 2_000_000


def test_a_failing_predictor_ends_the_issuer_too() -> None:
    def fails(query: Any) -> Any:
        raise ValueError("broken")

    begin = time.monotonic()
    with pytest.raises(ValueError, match="broken"):
        real(schedules.enough(schedules.uniform(1.0), 30.0, 1), fails)
    assert time.monotonic() - begin < 10


def test_the_issuer_takes_a_core_that_nobody_reserved() -> None:
    assert 0 not in free_cores((0,)) and free_cores(tuple(range(1024))) == []


def several(at_once: int, predict: Any, rate: float = 50.0, queries: int = 20) -> Log:
    log = Log()
    system = System(lambda q: q, predict, lambda q: q, [0, 1, 2], at_once=at_once)
    open_loop(system, log, schedules.enough(schedules.uniform(rate), 0.0, queries))
    return log


def test_queries_that_may_be_under_way_at_once_begin_when_they_arrive() -> None:
    """One every 20 ms, each takes 60 ms."""
    found = {n: table(several(n, lambda q: time.sleep(0.06))) for n in (1, 8)}
    assert all(len(queries) == 20 for queries in found.values())
    assert found[1]["queue_ns"].iloc[-1] > 600_000_000 and found[8]["queue_ns"].median() < 5_000_000
    assert found[8]["predict_ns"].min() >= 60_000_000


def test_of_queries_at_once_no_more_are_under_way_than_that() -> None:
    inside: list[int] = []
    most: list[int] = []

    def predict(query: Any) -> None:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.03)
        inside.pop()

    queries = table(several(3, predict, rate=200.0, queries=30))
    assert max(most) == 3 and queries["queue_ns"].max() > 0 and queries["start_ns"].is_monotonic_increasing


def test_of_queries_at_once_one_that_fails_ends_all() -> None:
    def fails(query: Any) -> Any:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        several(4, fails)


def test_what_a_predictor_tells_stands_beside_the_query_it_was() -> None:
    told: dict[int, list[tuple[int, ...]]] = {}

    def predict(query: list[int]) -> None:
        begin = time.perf_counter_ns()
        time.sleep(0.002 * (1 + query[0]))
        told.setdefault(threading.get_ident(), []).append((query[0], time.perf_counter_ns() - begin))

    def published() -> list[tuple[int, ...]]:
        return told.pop(threading.get_ident(), [])

    log = Log(publishes=("sample", "inside_ns"))
    system = System(lambda q: q, predict, lambda q: q, [0, 1, 2], published=published, at_once=4)
    open_loop(system, log, schedules.enough(schedules.uniform(200.0), 0.0, 60))
    queries = table(log)
    assert (queries["inside_ns"] <= queries["predict_ns"]).all() and sorted(set(queries["sample"])) == [0, 1, 2]
    assert (queries["predict_ns"] >= 2_000_000 * (1 + queries["sample"])).all()


def test_a_predictor_that_tells_of_fewer_predictions_than_were_timed_is_an_error() -> None:
    log = Log(publishes=("sample",))
    system = System(lambda q: q, lambda q: q, lambda q: q, [0], published=list)
    open_loop(system, log, schedules.enough(schedules.uniform(1000.0), 0.0, 5))
    with pytest.raises(TouchstoneError, match="told of 0 predictions, and 5 were timed"):
        table(log)
