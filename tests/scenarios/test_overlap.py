"""Laws of stages that overlap, with threads and clocks as they are."""

import time
from typing import Any

import numpy as np
import pytest

from tasks.processing import Undecodable
from tasks.scenarios import offline
from tasks.scenarios.base import OVERLAPPED, Log, System
from tests.scenarios.simulated import Server, table

STAGE_S = 0.01


def slow(value: Any) -> Any:
    time.sleep(STAGE_S)
    return value


def at_once(value: Any) -> Any:
    return value


def run(pre: Any = slow, predict: Any = slow, post: Any = at_once, queries: int = 30, warmup: int = 0) -> Log:
    log, system = Log(), System(pre, predict, post, list(range(7)))
    offline.run(system, log, batch_size=2, warmup_queries=warmup, min_duration_s=0, min_queries=queries)
    return log


def test_two_equal_stages_take_hardly_longer_than_one() -> None:
    rows = np.array(run().parts[-1].readings).reshape(-1, len(OVERLAPPED))
    wall, stages = rows[-1, 5] - rows[0, 0], (rows[:, [1, 3, 5]] - rows[:, [0, 2, 4]]).sum()
    assert wall <= 0.75 * stages


def test_a_stage_is_timed_without_what_it_waits_for() -> None:
    queries = table(run(pre=at_once))
    assert np.median(queries["preprocess_ns"]) < 2e6 and np.median(queries["predict_ns"]) >= STAGE_S * 1e9
    assert np.median(queries["waiting_ns"]) > np.median(queries["predict_ns"]), "what is ready waits for the model"


def test_every_query_that_was_predicted_is_recorded_and_the_minimum_reached() -> None:
    predicted: list[Any] = []
    queries = table(run(at_once, lambda x: predicted.append(x) or x, warmup=3))
    assert len(queries) == len(predicted) - 3 == 30 and set(queries["samples"]) == {2}


def test_stages_of_one_query_follow_each_other() -> None:
    rows = np.array(run(queries=10).parts[-1].readings).reshape(-1, len(OVERLAPPED))
    assert (np.diff(rows, axis=1) >= 0).all()


@pytest.mark.parametrize("broken", ["pre", "predict", "post"])
def test_a_stage_that_fails_ends_the_run_with_its_reason(broken: str) -> None:
    def fails(value: Any) -> Any:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        run(**{"pre": at_once, "predict": at_once, "post": at_once, broken: fails})


def test_what_cannot_be_decoded_is_left_out_and_noted() -> None:
    def decode(query: list[int]) -> list[int]:
        if 0 in query:
            raise Undecodable("no image")
        return query

    log = run(decode, at_once)
    assert len(log.parts[-1]) == 30 and {i for i, _ in log.undecodable} <= {0, 6}


def test_nothing_that_decodes_ends() -> None:
    def never(query: list[int]) -> list[int]:
        raise Undecodable("no image")

    with pytest.raises(Undecodable):
        run(never, at_once)


def test_simulated_time_needs_no_threads() -> None:
    log = Log()
    offline.run(Server().system(), log, batch_size=4, warmup_queries=1, min_duration_s=1.0, min_queries=5)
    assert len(table(log)) == 200
