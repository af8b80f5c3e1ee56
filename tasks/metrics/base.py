"""What a metric is, and what the files of this folder share: one fact a timed process, summarised over processes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tasks.results.measurement import Estimate, Measurement
from tasks.results.process import Process
from tasks.statistics import WITHIN_ONE_PROCESS, between_processes

Direction = Literal["lower", "higher"]
Boundary = Literal["predict", "end_to_end", "queue", "response", "load", "process", "output"]


@dataclass(frozen=True)
class Metric:
    """A named number. ``direction`` says what is better, ``boundary`` what the number encloses.

    ``name`` is ``group`` + «_» + the rest. ``compute`` returns None when its raw data was not recorded.
    """

    group: str
    name: str
    unit: str
    direction: Direction
    boundary: Boundary
    formula: str
    compute: Callable[[Measurement], Estimate | None]

    def __post_init__(self) -> None:
        if not self.name.startswith(f"{self.group}_"):
            raise ValueError(f"metric «{self.name}» does not begin with its group «{self.group}»")

    @property
    def recorded_as(self) -> str:
        """``group/rest``, as MLflow groups its charts."""
        return f"{self.group}/{self.name[len(self.group) + 1 :]}"


def timed(measurement: Measurement) -> tuple[Process, ...]:
    """The timed processes that finished at least one query."""
    return tuple(p for p in measurement.timed if len(p.timed))


def known(processes: tuple[Process, ...], fact: str) -> list[float]:
    """A fact's value of each process that has it."""
    return [float(p.facts[fact]) for p in processes if p.facts.get(fact) is not None]


def mean_fact(measurement: Measurement, fact: str, unit: str, note: str = "") -> Estimate | None:
    """The mean of one fact a timed process, with Student's t over the processes. None when no process has it."""
    values = known(measurement.timed, fact)
    if not values:
        return None
    mean = float(np.mean(values))
    interval = between_processes(values, mean)
    notes = [WITHIN_ONE_PROCESS] * (len(values) == 1) + [note] * bool(note)
    low, high = (interval.low, interval.high) if interval else (None, None)
    return Estimate(mean, unit, low, high, n=len(values), processes=len(values), note="; ".join(notes))
