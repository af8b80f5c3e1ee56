"""Laws of the closed loop, on a clock of our own."""

from typing import Any

import numpy as np
import pytest

from tasks.processing import Undecodable
from tasks.scenarios import single_stream
from tasks.scenarios._closed import closed_loop
from tasks.scenarios.base import Log, System

PRE, PREDICT, POST = 1_000, 5_000_000, 500


class Bench:
    """A system of known service times on a fake clock; every reading of the clock itself costs nothing."""

    def __init__(self, samples: int = 7, broken: tuple[int, ...] = ()) -> None:
        self.now, self.seen, self.broken, self.samples = 0, [], broken, samples

    def system(self) -> System:
        return System(self.preprocess, self.predict, self.postprocess, list(range(self.samples)), lambda: self.now)

    def preprocess(self, query: list[int]) -> Any:
        if set(query) & set(self.broken):
            raise Undecodable("no image")
        self.seen.append(query)
        self.now += PRE * len(query)
        return query

    def predict(self, query: Any) -> Any:
        self.now += PREDICT
        return query

    def postprocess(self, query: Any) -> None:
        self.now += POST


def rows(log: Log) -> np.ndarray:
    """t0, t1, t2, t3, samples, warm-up of every query."""
    parts = [np.array(p.readings).reshape(-1, 4) for p in log.parts]
    more = [np.tile([p.samples, p.warm], (len(p), 1)) for p in log.parts]
    return np.hstack([np.vstack(parts), np.vstack(more)])


def stream(bench: Bench, warmup: int = 2, seconds: float = 0.0, queries: int = 5) -> np.ndarray:
    log = Log()
    single_stream.run(bench.system(), log, warmup_queries=warmup, min_duration_s=seconds, min_queries=queries)
    return rows(log)


def test_stages_are_recovered_exactly_and_add_up() -> None:
    t0, t1, t2, t3, samples, _ = stream(Bench()).T
    assert set(t1 - t0) == {PRE} and set(t2 - t1) == {PREDICT} and set(t3 - t2) == {POST} and set(samples) == {1}


def test_warm_up_is_marked_and_apart() -> None:
    assert stream(Bench(), warmup=3, queries=4)[:, 5].tolist() == [1, 1, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(("seconds", "queries", "expected"), [(0.0, 5, 5), (0.1, 5, 20), (0.1, 50, 50)])
def test_both_minima_are_reached(seconds: float, queries: int, expected: int) -> None:
    assert len(stream(Bench(), warmup=0, seconds=seconds, queries=queries)) == expected


def test_samples_are_walked_round_in_the_seeded_order() -> None:
    bench = Bench(samples=3)
    stream(bench, warmup=1, queries=4)
    assert bench.seen == [[0], [1], [2], [0], [1]]


def test_what_cannot_be_decoded_is_left_out_and_noted() -> None:
    bench, log = Bench(samples=3, broken=(1,)), Log()
    single_stream.run(bench.system(), log, warmup_queries=0, min_duration_s=0, min_queries=4)
    assert bench.seen == [[0], [2], [0], [2]] and {i for i, _ in log.undecodable} == {1}


def test_all_undecodable_ends() -> None:
    with pytest.raises(Undecodable):
        stream(Bench(samples=2, broken=(0, 1)))


@pytest.mark.parametrize(("samples", "batch"), [(7, 3), (7, 7), (3, 8), (8, 1)])
def test_every_batch_is_full(samples: int, batch: int) -> None:
    bench, log = Bench(samples=samples), Log()
    closed_loop(bench.system(), log, batch, 0, 0.0, 9)
    assert {len(q) for q in bench.seen} == {batch} and set(rows(log)[:, 4]) == {batch}
    assert set().union(*bench.seen) == set(range(samples))
