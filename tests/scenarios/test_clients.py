"""Laws of several clients, and of several samples a query."""

import threading
import time
from typing import Any

import pytest

from tasks.errors import Refused
from tasks.scenarios import concurrent, multi_stream
from tasks.scenarios.base import Log, System
from tests.scenarios.simulated import Server, table


def clients(count: int, predict: Any, queries: int = 40) -> Log:
    log = Log()
    system = System(lambda q: q, predict, lambda q: q, list(range(7)))
    concurrent.run(system, log, clients=count, warmup_queries=0, min_duration_s=0.0, min_queries=queries)
    return log


def test_as_many_queries_are_under_way_as_there_are_clients() -> None:
    inside: set[int] = set()
    most: list[int] = []

    def predict(query: Any) -> None:
        inside.add(threading.get_ident())
        most.append(len(inside))
        time.sleep(0.005)
        inside.remove(threading.get_ident())

    assert len(table(clients(4, predict))) >= 40 and max(most) == 4


def test_clients_that_wait_for_something_else_multiply_throughput() -> None:
    def rate(count: int) -> float:
        queries = table(clients(count, lambda query: time.sleep(0.01)))
        return len(queries) / (queries["start_ns"].max() + 1e7)

    assert rate(4) > 2 * rate(1)


def test_rows_are_in_the_order_in_which_queries_began() -> None:
    assert table(clients(3, lambda query: time.sleep(0.001)))["start_ns"].is_monotonic_increasing


def test_a_failing_client_ends_the_run() -> None:
    def fails(query: Any) -> Any:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        clients(2, fails)


def test_clients_have_no_simulated_time() -> None:
    with pytest.raises(Refused, match="simulated time has none"):
        concurrent.run(Server().system(), Log(), clients=2, warmup_queries=0, min_duration_s=0.0, min_queries=1)


def test_a_query_of_multi_stream_is_eight_samples() -> None:
    server, log = Server(), Log()
    multi_stream.run(server.system(), log, samples_per_query=8, warmup_queries=0, min_duration_s=0.0, min_queries=5)
    assert [len(q) for q in server.seen] == [8] * 5 and set(table(log)["samples"]) == {8}
