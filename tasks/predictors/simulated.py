"""Models that only take time, ``null`` and ``fixed``: what the harness itself costs, and queues that theory knows.

Reads a file that says which models these are. Time is the wall clock's, or simulated: then nothing waits, the clock is
moved. ``stall_ms`` every ``stall_every_s`` is a pause of the whole server, as of a collection of garbage.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import threading
import time
from pathlib import Path
from typing import Annotated, Any, Callable, Literal

from tasks.errors import TouchstoneError
from tasks.plugins import Range
from tasks.predictors.base import Setup

KIND = "time only"
BLOCK = bytes(1 << 16)  # hashed without the GIL, about 40 µs


class Clock:
    """Simulated time in ns."""

    def __init__(self) -> None:
        self.ns = 0

    def now(self) -> int:
        """The time."""
        return self.ns

    def wait_until(self, ns: int) -> None:
        """Move forward; never back."""
        self.ns = max(self.ns, ns)


class Predictor:
    """Hands its input back after ``service_ms``."""

    formats = ("time",)
    module = "json"

    def __init__(
        self,
        *,
        time: Literal["wall", "simulated"],
        busy: Literal["spin", "sleep", "hold_gil", "every_core"],
        stall_ms: Annotated[float, Range(ge=0)],
        stall_every_s: Annotated[float, Range(gt=0)],
    ) -> None:
        self.time, self.busy = time, busy
        self.stall_ns, self.stall_every_ns = int(1e6 * stall_ms), int(1e9 * stall_every_s)
        if time == "simulated":
            self.clock = Clock()

    def load(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Choose the way in which time is taken, once."""
        found = json.loads(path.read_bytes())
        if found.get("kind") != KIND or setup.service_ms is None:
            raise TouchstoneError(f"{path.name} is no model that only takes time: +model=null and +model=fixed are.")
        way = self._way(int(1e6 * setup.service_ms), setup.intra_threads)
        vars(self)["predict"] = way  # in place of the method: a call in between would be measured
        return {
            "framework": "simulated",
            "version": "1",
            "device": setup.device,
            "precision": "none",
            "intra_threads": setup.intra_threads,
            "inter_threads": 1,
            "build": "none",
            "time": self.time,
            "service_ms": setup.service_ms,
            "busy": self.busy,
        }

    def _way(self, service_ns: int, threads: int) -> Callable[[Any], Any]:
        if service_ns == 0 and not self.stall_ns:
            return _at_once
        if self.time == "simulated":
            return _stalling(_simulated(self.clock, service_ns), self.clock.now, self.clock.wait_until, self)
        take = {"spin": spin, "sleep": _sleep, "hold_gil": _hold_gil, "every_core": _every_core(threads)}[self.busy]

        def wall(batch: Any) -> Any:
            take(service_ns)
            return batch

        return _stalling(wall, time.perf_counter_ns, _sleep_until, self)

    def predict(self, batch: Any) -> Any:
        """The input, later."""
        raise TouchstoneError("No model is loaded.")

    def unload(self) -> None:
        """Nothing is held."""


def _at_once(batch: Any) -> Any:
    return batch


def _simulated(clock: Clock, service_ns: int) -> Callable[[Any], Any]:
    def predict(batch: Any) -> Any:
        clock.ns += service_ns
        return batch

    return predict


def _stalling(
    predict: Callable[[Any], Any], now: Callable[[], int], wait_until: Callable[[int], None], asked: Predictor
) -> Callable[[Any], Any]:
    """The same server, which stands still for the first ``stall_ns`` of every ``stall_every_ns``."""
    if not asked.stall_ns:
        return predict
    every, length, begin = asked.stall_every_ns, asked.stall_ns, now()

    def paused(batch: Any) -> Any:
        since = (now() - begin) % every
        if since < length:
            wait_until(now() + length - since)
        return predict(batch)

    return paused


def spin(service_ns: int) -> None:
    """Use one core."""
    end = time.perf_counter_ns() + service_ns
    while time.perf_counter_ns() < end:
        pass


def _sleep(service_ns: int) -> None:
    time.sleep(service_ns / 1e9)


def _sleep_until(ns: int) -> None:
    time.sleep(max(0, ns - time.perf_counter_ns()) / 1e9)


def _hold_gil(service_ns: int) -> None:
    """As an extension that never lets other Python threads run: PyDLL keeps the GIL."""
    ctypes.PyDLL(None).usleep(service_ns // 1000)


def _every_core(threads: int) -> Callable[[int], None]:
    def work(end: int) -> None:
        while time.perf_counter_ns() < end:
            hashlib.sha256(BLOCK).digest()

    def take(service_ns: int) -> None:
        end = time.perf_counter_ns() + service_ns
        others = [threading.Thread(target=work, args=(end,)) for _ in range(threads - 1)]
        for other in others:
            other.start()
        work(end)
        for other in others:
            other.join()

    return take
