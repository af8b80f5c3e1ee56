"""Cells of a sweep beside each other: how many at once, on which node, and how long the rest will take.

What is timed still runs alone on its machine (`tasks/placement/turns.py`); the rest may run beside another cell's.
"""

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from contextvars import copy_context
from threading import Lock
from typing import TypeVar

from tasks.errors import TouchstoneError
from tasks.placement.cluster import alive, end_calls
from tasks.placement.matching import distributed, satisfying
from tasks.specs.evaluation import Evaluation

T = TypeVar("T")


def width(evaluation: Evaluation) -> int:
    """How many cells at once: what `workers.cells` says, else one on this machine, or as many as there are nodes."""
    return evaluation.workers.cells or (max(1, len(alive())) if distributed(evaluation) else 1)


def each(function: Callable[..., T], asked: list[tuple[object, ...]], at_once: int) -> Iterator[tuple[int, T]]:
    """Call it with each of ``asked``, in order, so many at once; number and value as they end.

    An exception, or an interrupt here, ends what is under way: no cell of it is recorded.
    """
    pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="cell")
    try:  # each in a copy of this context, which knows the flow run
        begun: dict[Future[T], int] = {
            pool.submit(copy_context().run, function, *words): number for number, words in enumerate(asked)
        }
        for future in as_completed(begun):
            yield begun[future], future.result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        end_calls()
        raise
    finally:
        pool.shutdown()


class Spread:
    """Which node has how many cells under way."""

    def __init__(self) -> None:
        self.busy: Counter[str] = Counter()
        self.lock = Lock()

    @contextmanager
    def on(self, evaluation: Evaluation, node: str | None) -> Iterator[str | None]:
        """That node; or for any, the first of those with the fewest (None: this machine, or none that satisfies it)."""
        with self.lock:
            chosen = node or self._free(evaluation)
            self.busy[chosen or ""] += 1
        try:
            yield chosen
        finally:
            with self.lock:
                self.busy[chosen or ""] -= 1

    def _free(self, evaluation: Evaluation) -> str | None:
        if not distributed(evaluation):
            return None
        try:
            return min((str(p["node"]) for p in satisfying(evaluation)), key=lambda node: self.busy[node])
        except TouchstoneError:
            return None  # the evaluation will say it


class Seldom:
    """What takes longer the more there is, such as a report of all cells: a tenth of the time is for it."""

    def __init__(self) -> None:
        self.ended, self.took_s = 0.0, 0.0

    def due(self) -> bool:
        """Whether as much time as nine of them take has passed since the last one."""
        return time.monotonic() - self.ended >= 9 * self.took_s

    @contextmanager
    def once(self) -> Iterator[None]:
        """Around one of them."""
        begin = time.monotonic()
        yield
        self.ended = time.monotonic()
        self.took_s = self.ended - begin


class Clock:
    """How long cells took, and what that says of the rest."""

    def __init__(self, at_once: int = 1) -> None:
        self.at_once, self.took_s = at_once, list[float]()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Around one cell."""
        begin = time.monotonic()
        try:
            yield
        finally:
            self.took_s.append(time.monotonic() - begin)

    def remaining(self, left: list[Evaluation]) -> str:
        """What is known, in words: a floor before the first cell, then the spread of those that ended."""
        floor = sum(e.scenario.repetitions * getattr(e.scenario, "min_duration_s", 0.0) for e in left) / self.at_once
        if not self.took_s:
            return f"at least {_minutes(floor)} left"
        rounds = len(left) / self.at_once
        low, high = min(self.took_s) * rounds, max(self.took_s) * rounds
        middle = statistics.median(self.took_s) * rounds
        spread = f" ({_minutes(max(floor, low))} to {_minutes(high)})" if len(self.took_s) > 1 else ""
        return f"about {_minutes(max(floor, middle))}{spread} left, by the {len(self.took_s)} that ended"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
