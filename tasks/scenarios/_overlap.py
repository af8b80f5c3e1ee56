"""Stages that overlap: while one batch is predicted, the next is pre-processed and the last one post-processed.

For scenarios that are judged by throughput. Pre- and post-processing each have a thread, the model keeps the thread
that loaded it. Every stage is timed where it runs; a batch that waits between two of them is in neither.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import Any, Callable, Iterator

from tasks.processing.registry import Undecodable
from tasks.scenarios._closed import closed_loop
from tasks.scenarios.base import MOST, OVERLAPPED, Log, Part, System, batches

DEPTH = 2  # batches that are ready and wait for the model


def overlapped(
    system: System,
    log: Log,
    batch_size: int,
    warmup_queries: int,
    min_duration_s: float,
    min_queries: int,
    point: int = 0,
) -> Part:
    """Warm up in a closed loop, then batch after batch until both minima are reached. Simulated time has no threads."""
    if system.wait_until is not None:
        return closed_loop(system, log, batch_size, warmup_queries, min_duration_s, min_queries, point)
    rest = closed_loop(system, log, batch_size, warmup_queries, 0.0, 0, point)
    log.parts.remove(rest)
    part = log.part(OVERLAPPED, batch_size, point=point)
    _Line(system, log, part).run(batches(system.order, batch_size), min_queries, int(1e9 * min_duration_s))
    return part


class _Line:
    """Three threads and what goes between them; None ends a thread. A place must be free before a batch is begun."""

    def __init__(self, system: System, log: Log, part: Part) -> None:
        self.system, self.log, self.part = system, log, part
        self.places: SimpleQueue[bool] = SimpleQueue()
        self.ready: SimpleQueue[Any] = SimpleQueue()
        self.predicted: SimpleQueue[Any] = SimpleQueue()
        self.stopped = threading.Event()
        self.failures: list[BaseException] = []

    def run(self, queries: list[list[int]], count: int, duration_ns: int) -> None:
        """Until ``count`` batches are predicted and the time is over; what was begun is finished."""
        for _ in range(DEPTH):
            self.places.put(True)
        before = threading.Thread(target=self._guarded, args=(self._preprocess, queries))
        after = threading.Thread(target=self._guarded, args=(self._postprocess,))
        before.start()
        after.start()
        try:
            self._predict(count, self.system.clock() + duration_ns)
        finally:
            self.stopped.set()
            self.places.put(False)
            self.predicted.put(None)
            before.join()
            after.join()
        if self.failures:
            raise self.failures[0]

    def _guarded(self, work: Callable[..., None], *given: Any) -> None:
        try:
            work(*given)
        except BaseException as error:
            self.failures.append(error)
            self.stopped.set()
        self.ready.put(None)

    def _preprocess(self, queries: list[list[int]]) -> None:
        clock, preprocess, failed = self.system.clock, self.system.preprocess, 0
        for query in _round_and_round(queries):
            if not self.places.get() or self.stopped.is_set():
                return
            t0 = clock()
            try:
                inputs = preprocess(query)
            except Undecodable as error:
                self.log.undecodable.append((query[0], str(error)))
                failed += 1
                if failed > 10 * len(queries):
                    raise
                self.places.put(True)
                continue
            self.ready.put((inputs, t0, clock()))

    def _predict(self, count: int, end: int) -> None:
        clock, predict = self.system.clock, self.system.predict
        done, t2 = 0, 0
        while (done < count or t2 < end) and done < MOST and not self.stopped.is_set():
            item = self.ready.get()
            if item is None:
                return
            self.places.put(True)
            begin2 = clock()
            outputs = predict(item[0])
            t2 = clock()
            self.predicted.put((outputs, item[1], item[2], begin2, t2))
            done += 1

    def _postprocess(self) -> None:
        clock, postprocess, put = self.system.clock, self.system.postprocess, self.part.readings.extend
        while (item := self.predicted.get()) is not None:
            outputs, t0, t1, begin2, t2 = item
            begin3 = clock()
            postprocess(outputs)
            put((t0, t1, begin2, t2, begin3, clock()))


def _round_and_round(queries: list[list[int]]) -> Iterator[list[int]]:
    while True:
        yield from queries
