"""Concurrent: several independent clients, each with one query at a time; judged by throughput and latency."""

from __future__ import annotations

import threading
from typing import Annotated

from tasks.errors import Refused
from tasks.plugins import Range
from tasks.processing.registry import Undecodable
from tasks.scenarios._open import warm_up
from tasks.scenarios.base import CLOSED, MOST, Log, Part, System, batches

JUDGED = "end_to_end_p99_ms"


def run(
    system: System,
    log: Log,
    *,
    clients: Annotated[int, Range(gt=0)],
    warmup_queries: Annotated[int, Range(ge=0)],
    min_duration_s: Annotated[float, Range(ge=0)],
    min_queries: Annotated[int, Range(gt=0)],
) -> None:
    """``clients`` threads in closed loops over one predictor; both minima hold for all of them together."""
    if system.wait_until is not None:
        raise Refused("scenario=concurrent needs threads, and simulated time has none. Set software.options.time=wall.")
    warm_up(system, log, warmup_queries)
    log.facts["clients"] = clients
    parts = [log.part(CLOSED) for _ in range(clients)]
    end = system.clock() + int(1e9 * min_duration_s)
    failures: list[BaseException] = []

    def client(number: int) -> None:
        try:
            _client(system, log, parts, number, end, min_queries)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=client, args=(i,)) for i in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _client(system: System, log: Log, parts: list[Part], number: int, end: int, min_queries: int) -> None:
    clock, queries, put, turn, t3 = system.clock, batches(system.order, 1), parts[number].readings.extend, number, 0
    most = len(parts) + 10 * len(queries)
    while (t3 < end or sum(map(len, parts)) < min_queries) and sum(map(len, parts)) < MOST:
        query = queries[turn % len(queries)]
        turn += len(parts)
        t0 = clock()
        try:
            inputs = system.preprocess(query)
        except Undecodable as error:
            log.undecodable.append((query[0], str(error)))
            if len(log.undecodable) > most:
                raise
            continue
        t1 = clock()
        outputs = system.predict(inputs)
        t2 = clock()
        system.postprocess(outputs)
        t3 = clock()
        put((t0, t1, t2, t3))
    parts[number].gather(system)
