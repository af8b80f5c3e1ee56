"""The open loop of a system that serves several queries at once, such as a server: each begins when it arrives.

In: arrivals (`_arrivals.py`) and a `Part` for the readings. Threads take turns to wait for the next query and serve it
themselves; when all of them serve, queries wait, and their ``queue`` says how long.
"""

from __future__ import annotations

import threading
from typing import Callable

from tasks.errors import Refused
from tasks.processing.registry import Undecodable
from tasks.scenarios.base import Log, Part, System, batches


def several(
    system: System,
    log: Log,
    part: Part,
    arrival: Callable[[int], tuple[int, int]],
    count: int,
    stop_ns: int,
    late: int,
) -> None:
    """``count`` queries; or until more than ``late`` took longer than ``stop_ns`` from their arrival."""
    if system.wait_until is not None:
        raise Refused("Queries that are served at once need threads, and simulated time has none.")
    served = _Several(system, log, part, arrival, count, stop_ns, late)
    threads = [threading.Thread(target=served.guarded) for _ in range(min(system.at_once, count))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if served.failures:
        raise served.failures[0]


class _Several:
    """What the threads share. ``turn`` is held by the one that waits for an arrival."""

    def __init__(
        self,
        system: System,
        log: Log,
        part: Part,
        arrival: Callable[[int], tuple[int, int]],
        count: int,
        stop_ns: int,
        late: int,
    ) -> None:
        self.system, self.log, self.part, self.arrival = system, log, part, arrival
        self.count, self.stop_ns, self.late = count, stop_ns, late
        self.turn, self.books = threading.Lock(), threading.Lock()
        self.next = 0
        self.failures: list[BaseException] = []

    def guarded(self) -> None:
        """One thread; its failure ends all of them after the query that each is at."""
        own = Part(self.part.names, self.part.samples, self.part.warm, self.part.point)
        try:
            self._serve(own)
            own.gather(self.system)
        except BaseException as error:
            self.failures.append(error)
        with self.books:
            self.part.readings.extend(own.readings)
            self.part.published.extend(own.published)

    def _serve(self, own: Part) -> None:
        system, clock, put, queries = self.system, self.system.clock, own.readings.extend, batches(self.system.order, 1)
        while (taken := self._taken()) is not None:
            i, scheduled, issued = taken
            query = queries[i % len(queries)]
            t0 = clock()
            try:
                inputs = system.preprocess(query)
            except Undecodable as error:
                self.log.undecodable.append((query[0], str(error)))
                continue
            t1 = clock()
            outputs = system.predict(inputs)
            t2 = clock()
            system.postprocess(outputs)
            t3 = clock()
            put((scheduled, issued, t0, t1, t2, t3))
            if self.stop_ns and t3 - scheduled > self.stop_ns:
                with self.books:
                    self.late -= 1

    def _taken(self) -> tuple[int, int, int] | None:
        """The next query once it has arrived: its number, and when it was scheduled and issued; None at the end."""
        with self.turn:
            if self.next >= self.count or self.failures or (self.stop_ns and self.late < 0):
                return None
            i = self.next
            self.next += 1
            return (i, *self.arrival(i))
