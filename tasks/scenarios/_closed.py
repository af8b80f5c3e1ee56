"""The closed loop: the next query when the last one has ended. What the harness costs a query is what stands here."""

from __future__ import annotations

import itertools

from tasks.processing.registry import Undecodable
from tasks.scenarios.base import CLOSED, MOST, Log, Part, System, batches


def closed_loop(
    system: System,
    log: Log,
    batch_size: int,
    warmup_queries: int,
    min_duration_s: float,
    min_queries: int,
    point: int = 0,
) -> Part:
    """Warm up, then issue until both the minimum time and the minimum count are reached, or `MOST` queries are held."""
    queries = batches(system.order, batch_size)
    warm = log.part(CLOSED, batch_size, warm=True, point=point)
    _issue(system, log, warm, queries, warmup_queries, 0.0)
    timed = log.part(CLOSED, batch_size, point=point)
    start = len(warm) % len(queries)
    _issue(system, log, timed, queries[start:] + queries[:start], min_queries, min_duration_s)
    return timed


def _issue(system: System, log: Log, part: Part, queries: list[list[int]], count: int, duration_s: float) -> None:
    """Rounds over the queries; readings are gathered in a list, the cheapest there is, and kept after each round."""
    end = system.clock() + int(duration_s * 1e9)
    failed, t3 = 0, end - int(duration_s * 1e9)
    while (len(part) < count or t3 < end) and len(part) < MOST:
        wanted = count - len(part)
        readings, undecodable, t3 = _round(system, itertools.islice(queries, MOST - len(part)), wanted, end, t3)
        part.readings.fromlist(readings)
        part.gather(system)
        log.undecodable.extend((query[0], str(error)) for query, error in undecodable)
        failed += len(undecodable)
        if failed > 10 * len(queries):
            raise undecodable[-1][1]


def _round(
    system: System, queries: itertools.islice[list[int]], wanted: int, end: int, t3: int
) -> tuple[list[int], list[tuple[list[int], Undecodable]], int]:
    """Each query once, until ``wanted`` are done and the time is over. Local names: a lookup is a tenth of a query."""
    clock, preprocess, predict, postprocess = system.clock, system.preprocess, system.predict, system.postprocess
    readings: list[int] = []
    undecodable: list[tuple[list[int], Undecodable]] = []
    put = readings.append
    for query in queries:
        if wanted <= 0 and t3 >= end:
            break
        t0 = clock()
        try:
            inputs = preprocess(query)
        except Undecodable as error:
            undecodable.append((query, error))
            continue
        t1 = clock()
        outputs = predict(inputs)
        t2 = clock()
        postprocess(outputs)
        t3 = clock()
        put(t0)
        put(t1)
        put(t2)
        put(t3)
        wanted -= 1
    return readings, undecodable, t3
