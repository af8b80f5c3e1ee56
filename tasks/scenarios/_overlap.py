"""Stages that overlap: while one batch is predicted, the next is pre-processed and the last one post-processed.

For scenarios that are judged by throughput. Pre- and post-processing each have a thread, the model keeps the thread
that loaded it. Every stage is timed where it runs; a batch that waits between two of them is in neither. Batches that
are ready within `TOGETHER_NS` are handed over together, as waking up a thread costs more than a short stage.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import Any, Callable, Iterator

from tasks.processing.registry import Undecodable
from tasks.scenarios._closed import closed_loop
from tasks.scenarios.base import MOST, OVERLAPPED, Log, Part, System, batches

DEPTH = 2  # groups of batches that are ready and wait for the model
TOGETHER, TOGETHER_NS = 16, 1_000_000  # the most batches of a group, and the time after which it goes anyway


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
    """Three threads and the groups that go between them; None ends a thread. A group begins when a place is free."""

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
            self.part.gather(self.system)
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
        group: list[tuple[Any, int, int]] = []
        for query in _round_and_round(queries):
            if (not group and not self.places.get()) or self.stopped.is_set():
                return
            t0 = clock()
            try:
                inputs = preprocess(query)
            except Undecodable as error:
                self.log.undecodable.append((query[0], str(error)))
                failed += 1
                if failed > 10 * len(queries):
                    raise
                if not group:
                    self.places.put(True)
                continue
            group.append((inputs, t0, clock()))
            if len(group) == TOGETHER or group[-1][2] - group[0][1] >= TOGETHER_NS:
                self.ready.put(group)
                group = []

    def _predict(self, count: int, end: int) -> None:
        clock, predict = self.system.clock, self.system.predict
        done, t2 = 0, 0
        while (done < count or t2 < end) and done < MOST and not self.stopped.is_set():
            group, outcome = self.ready.get(), []
            if group is None:
                return
            self.places.put(True)
            for inputs, t0, t1 in group:
                begin2 = clock()
                outputs = predict(inputs)
                t2 = clock()
                outcome.append((outputs, t0, t1, begin2, t2))
                done += 1
                if (done >= count and t2 >= end) or done >= MOST:
                    break
            self.predicted.put(outcome)

    def _postprocess(self) -> None:
        clock, postprocess, put = self.system.clock, self.system.postprocess, self.part.readings.extend
        while (group := self.predicted.get()) is not None:
            for outputs, t0, t1, begin2, t2 in group:
                begin3 = clock()
                postprocess(outputs)
                put((t0, t1, begin2, t2, begin3, clock()))


def _round_and_round(queries: list[list[int]]) -> Iterator[list[int]]:
    while True:
        yield from queries
