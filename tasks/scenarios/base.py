"""What a scenario drives, what it writes down, and the closed loop that the first scenarios share. Lean, Python 3.9.

Four readings of one clock bound the three stages of a query, so that the stages add up to the whole:
``t0 preprocess t1 predict t2 postprocess t3``. Nothing of ours runs between t0 and t3 but the stages themselves.
"""

from __future__ import annotations

import time
from array import array
from dataclasses import dataclass, field
from typing import Any, Callable

from tasks.processing.registry import Undecodable

COLUMNS = ("t0", "t1", "t2", "t3", "samples", "warmup")


@dataclass(frozen=True)
class System:
    """The system under test: three stages over lists of sample indices, and the seeded order of the samples."""

    preprocess: Callable[[list[int]], Any]
    predict: Callable[[Any], Any]
    postprocess: Callable[[Any], Any]
    order: list[int]
    clock: Callable[[], int] = time.perf_counter_ns


@dataclass
class Log:
    """Raw readings, six numbers a query (`COLUMNS`; times in ns of the system's clock), and what could not be read."""

    rows: array[int] = field(default_factory=lambda: array("q"))
    undecodable: list[tuple[int, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows) // len(COLUMNS)


def closed_loop(
    system: System, log: Log, batch_size: int, warmup_queries: int, min_duration_s: float, min_queries: int
) -> None:
    """Issue the next query when the last one ends, until both the minimum time and the minimum count are reached."""
    batches = _batches(system.order, batch_size)
    turn = _issue(system, log, batches, 0, warmup_queries, 0.0, warm=1)
    _issue(system, log, batches, turn, min_queries, min_duration_s, warm=0)


def _batches(order: list[int], size: int) -> list[list[int]]:
    """The seeded order cut into queries; it is walked round and round, a short rest is filled from the front."""
    if size >= len(order):
        return [(order * (size // len(order) + 1))[:size]]
    twice = order + order[:size]
    return [twice[i : i + size] for i in range(0, len(order), size)]


def _issue(
    system: System, log: Log, batches: list[list[int]], turn: int, count: int, duration_s: float, warm: int
) -> int:
    clock, put, length = system.clock, log.rows.extend, len(batches)
    preprocess, predict, postprocess = system.preprocess, system.predict, system.postprocess
    done, failed, begin = 0, 0, clock()
    end = begin + int(duration_s * 1e9)
    t3 = begin
    while done < count or t3 < end:
        query = batches[turn % length]
        turn += 1
        t0 = clock()
        try:
            inputs = preprocess(query)
        except Undecodable as error:
            log.undecodable.append((query[0], str(error)))
            failed += 1
            if failed > 10 * length:
                raise
            continue
        t1 = clock()
        outputs = predict(inputs)
        t2 = clock()
        postprocess(outputs)
        t3 = clock()
        put((t0, t1, t2, t3, len(query), warm))
        done += 1
    return turn
