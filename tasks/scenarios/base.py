"""What a scenario drives, and what it writes down: parts, each a run of queries of one kind. Lean, Python 3.9.

Readings of one clock bound the three stages of a query: ``t0 preprocess t1 predict t2 postprocess t3``, and nothing of
ours runs inside a stage. Where queries arrive by a schedule, two more: when a query was to arrive, and when the issuer
said so. Where stages overlap, each has a beginning and an end of its own. Knows no metric and no file.
"""

from __future__ import annotations

import time
from array import array
from dataclasses import dataclass, field
from typing import Any, Callable

CLOSED = ("t0", "t1", "t2", "t3")
OPEN = ("scheduled", "issued", *CLOSED)
OVERLAPPED = ("t0", "t1", "begin2", "t2", "begin3", "t3")
MOST = 1_000_000  # queries of one part: what one process can hold and hand over


@dataclass(frozen=True)
class System:
    """The system under test: three stages over lists of sample indices, the seeded order of the samples, its clock.

    ``wait_until`` is there where time is simulated: it moves the clock to a time in ns. ``cpus``: reserved cores.
    ``published`` is there where the predictor tells more of each prediction: a row for each of this thread since it was
    last asked. ``at_once``: how many queries of a schedule may be under way.
    """

    preprocess: Callable[[list[int]], Any]
    predict: Callable[[Any], Any]
    postprocess: Callable[[Any], Any]
    order: list[int]
    clock: Callable[[], int] = time.perf_counter_ns
    wait_until: Callable[[int], None] | None = None
    seed: int = 0
    cpus: tuple[int, ...] = ()
    published: Callable[[], list[tuple[int, ...]]] | None = None
    at_once: int = 1


@dataclass
class Part:
    """Queries of one kind: ``len(names)`` readings each, in ns of the system's clock, ``samples`` samples a query.

    ``published``: a row a query, where the predictor tells more.
    """

    names: tuple[str, ...]
    samples: int
    warm: bool
    point: int
    readings: array[int] = field(default_factory=lambda: array("q"))
    published: list[tuple[int, ...]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.readings) // len(self.names)

    def gather(self, system: System) -> None:
        """What the predictor tells of the queries that this thread has just put down; asked between loops."""
        if system.published is not None:
            self.published.extend(system.published())


@dataclass
class Log:
    """Everything a scenario leaves.

    ``points`` describes what each number of `Part.point` stands for, where a scenario has several (rates, batch sizes);
    ``headline`` says which of them the result is about. ``facts`` are about the whole, ``files`` are texts by name.
    ``publishes`` names the columns of `Part.published`.
    """

    parts: list[Part] = field(default_factory=list)
    undecodable: list[tuple[int, str]] = field(default_factory=list)
    points: list[dict[str, Any]] = field(default_factory=list)
    headline: list[int] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    publishes: tuple[str, ...] = ()

    def part(self, names: tuple[str, ...], samples: int = 1, warm: bool = False, point: int = 0) -> Part:
        """A new part at the end."""
        made = Part(names, samples, warm, point)
        self.parts.append(made)
        return made


def batches(order: list[int], size: int) -> list[list[int]]:
    """The seeded order cut into queries; it is walked round and round, a short rest is filled from the front."""
    if size >= len(order):
        return [(order * (size // len(order) + 1))[:size]]
    twice = order + order[:size]
    return [twice[i : i + size] for i in range(0, len(order), size)]
