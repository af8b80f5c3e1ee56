"""The open loop: queries arrive when the schedule says, not when the system is ready for them, and wait in a queue.

One query after the other, in the order of their arrival; where the system takes several at once, `_several.py`.
"""

from __future__ import annotations

from array import array

from tasks.processing.registry import Undecodable
from tasks.scenarios._arrivals import arrivals
from tasks.scenarios._closed import closed_loop
from tasks.scenarios._schedules import fingerprint
from tasks.scenarios._several import several
from tasks.scenarios.base import MOST, OPEN, Log, Part, System, batches


def open_loop(system: System, log: Log, offsets: array[int], point: int = 0, stop_ns: int = 0, late: int = 0) -> Part:
    """Every query of the schedule; or until more than ``late`` took longer than ``stop_ns`` from their arrival."""
    part = log.part(OPEN, point=point)
    clock, preprocess, predict, postprocess = system.clock, system.preprocess, system.predict, system.postprocess
    put, queries = part.readings.extend, batches(system.order, 1)
    with arrivals(system, log, offsets) as arrival:
        if system.at_once > 1:
            several(system, log, part, arrival, len(offsets), stop_ns, late)
            return part
        for i in range(len(offsets)):
            query = queries[i % len(queries)]
            scheduled, issued = arrival(i)
            t0 = clock()
            try:
                inputs = preprocess(query)
            except Undecodable as error:
                log.undecodable.append((query[0], str(error)))
                continue
            t1 = clock()
            outputs = predict(inputs)
            t2 = clock()
            postprocess(outputs)
            t3 = clock()
            put((scheduled, issued, t0, t1, t2, t3))
            if stop_ns and t3 - scheduled > stop_ns:
                late -= 1
                if late < 0:
                    break
    part.gather(system)
    return part


def scheduled(system: System, log: Log, offsets: array[int], warmup_queries: int, bound: tuple[float, float]) -> None:
    """Warm up in a closed loop, then one schedule; ``bound`` = (ms, percentile) is what it is judged by."""
    warm_up(system, log, warmup_queries)
    open_loop(system, log, offsets)
    log.facts |= {"schedule": fingerprint(offsets), "bound": {"ms": bound[0], "percentile": bound[1]}}
    log.facts["full"] = len(offsets) >= MOST


def warm_up(system: System, log: Log, queries: int) -> None:
    """Queries that do not count, one after the other."""
    closed_loop(system, log, 1, queries, 0.0, 0)
