"""The order of blocks, and what ends a session: a verdict, the budget of blocks, or that of time."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from flows import turns
from tasks.contrasts.sides import metric_of
from tasks.metrics import Metric
from tasks.specs.comparison import Asked


class Clocked(turns.Runner):
    """A side whose processes take known times, in the order they are asked for."""

    def __init__(self, name: str, times: Iterator[float], order: list[str]) -> None:
        self.name, self.times, self.order = name, times, order

    def timed(self, metric: Metric) -> float:
        self.order.append(self.name)
        return next(self.times)


def session(b: Iterator[float], **asked: Any) -> tuple[turns.Session, list[str]]:
    order: list[str] = []
    a = Clocked("A", itertools.cycle([1.0, 1.001, 0.999, 1.002, 1.0]), order)
    return turns.session(a, Clocked("B", b, order), metric_of("predict_p50_ms"), Asked(**asked)), order


def test_a_verdict_ends_the_session_at_its_look_with_null_blocks_between() -> None:
    found, order = session(itertools.cycle([1.2, 1.201, 1.199]))
    assert found.comparison.verdict == "SLOWER" and found.ended == "a verdict after 6 blocks"
    assert (len(found.blocks), len(found.nulls)) == (6, 5), "after each of the first four, then after every third"
    assert "".join(order) == "ABBAAAAA" * 4 + "ABBA" + "ABBAAAAA"


def test_noise_ends_at_the_last_look_undecided() -> None:
    found, _ = session(itertools.cycle([0.7, 1.5, 1.1, 0.9, 1.3, 0.8, 1.2]), looks=(3, 5))
    assert found.comparison.verdict == "UNDECIDED" and found.ended == "the budget of 5 blocks"
    assert len(found.blocks) == 5


def test_time_ends_it_between_two_looks_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count()  # a second a reading: two lines of progress a block read it too
    monkeypatch.setattr(turns.time, "monotonic", lambda: float(next(clock)))
    found, _ = session(itertools.cycle([0.7, 1.5, 1.1]), seconds=5.0)
    assert found.ended == "the budget of 5 s, after 2 blocks" and found.comparison.blocks == 2
    none, order = session(itertools.cycle([1.0]), seconds=0.5)
    assert none.blocks == () and none.comparison.ratio is None and order == []
