"""Laws of generation, on a clock of our own: what is written, when each token was there, and what is refused."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tasks.agent.readings import latencies, tokens
from tasks.errors import Refused
from tasks.processing import Undecodable
from tasks.results.streamed import pause_ms, tpot_ms, ttft_ms
from tasks.scenarios import generate
from tasks.scenarios.base import Log, System
from tasks.tracing import token_spans

WORDS, PLACES, PROMPT, NEW = 11, 12, 4, 6
FIRST, EACH, PRE = 9_000_000, 2_000_000, 1_000


class Counting:
    """A model that foresees the next number, slow at first; every reading of its clock costs nothing."""

    def __init__(self, broken: tuple[int, ...] = (), ids: Any = None) -> None:
        self.now, self.broken, self.asked = 0, broken, list[np.ndarray]()
        self.samples = [np.arange(k, k + PLACES)[None] % WORDS for k in range(3)] if ids is None else [ids] * 3

    def system(self) -> System:
        return System(self.preprocess, self.predict, lambda outputs: outputs, [0, 1, 2], lambda: self.now)

    def preprocess(self, query: list[int]) -> Any:
        if query[0] in self.broken:
            raise Undecodable("no text")
        self.now += PRE
        return self.samples[query[0]]

    def predict(self, ids: np.ndarray) -> Any:
        self.asked.append(ids.copy())
        self.now += FIRST if len(self.asked) % NEW == 1 else EACH
        return np.eye(WORDS)[(ids + 1) % WORDS]


def ran(model: Counting, queries: int = 4, warmup: int = 0, seconds: float = 0.0, new: int = NEW) -> Log:
    log = Log()
    asked = {"warmup_queries": warmup, "min_duration_s": seconds, "min_queries": queries}
    generate.run(model.system(), log, **asked, prompt_tokens=PROMPT, new_tokens=new)
    return log


def test_the_likeliest_token_is_written_behind_what_stands_and_the_sample_stays_as_it_is() -> None:
    model = Counting()
    ran(model, queries=1)
    assert len(model.asked) == NEW
    for place, ids in enumerate(model.asked, PROMPT):
        assert ids[0].tolist() == [*range(place), *[0] * (PLACES - place)]
    assert model.samples[0][0].tolist() == [*range(11), 0]


def test_the_first_token_and_the_others_take_what_they_take() -> None:
    table = pd.DataFrame(latencies(ran(Counting(), queries=5, warmup=2)))
    assert table["warmup"].tolist() == [True] * 2 + [False] * 5 and set(table["output_tokens"]) == {NEW}
    assert set(ttft_ms(table)) == {(PRE + FIRST) / 1e6}
    assert set(tpot_ms(table)) == set(pause_ms(table)) == {EACH / 1e6}
    assert table["last_token_ns"].equals(table["predict_ns"])


def test_a_span_a_token_lies_end_to_end_within_the_prediction() -> None:
    spans = token_spans(tokens(ran(Counting(), queries=2, warmup=1)))
    assert len(spans) == 2 * NEW and {(s["name"], s["level"]) for s in spans} == {("token", "token")}
    assert [s["end_ns"] - s["start_ns"] for s in spans[:NEW]] == [FIRST] + [EACH] * (NEW - 1)
    assert all(a["end_ns"] == b["start_ns"] for a, b in pairwise(spans[:NEW]))


def test_other_scenarios_have_no_tokens() -> None:
    log = Log()
    log.part(("t0", "t1", "t2", "t3")).readings.extend((0, 1, 2, 3))
    assert not {"output_tokens", "first_token_ns"} & set(latencies(log)) and tokens(log) == []


@pytest.mark.parametrize(("seconds", "queries", "expected"), [(0.0, 3, 3), (0.1, 3, 6), (0.1, 9, 9)])
def test_both_minima_are_reached(seconds: float, queries: int, expected: int) -> None:
    assert len(ran(Counting(), queries=queries, seconds=seconds).parts[-1]) == expected


def test_what_cannot_be_decoded_is_left_out_and_all_of_it_ends() -> None:
    log = ran(Counting(broken=(1,)))
    assert {i for i, _ in log.undecodable} == {1} and len(log.parts[-1]) == 4
    with pytest.raises(Undecodable):
        ran(Counting(broken=(0, 1, 2)))


@pytest.mark.parametrize("ids", [np.zeros((1, PLACES), np.float32), np.zeros((1, 3, 8, 8), np.float32), (1, 2)])
def test_what_is_no_text_is_refused(ids: Any) -> None:
    with pytest.raises(Refused, match="writes into one input of tokens"):
        ran(Counting(ids=ids))


def test_more_tokens_than_the_model_reads_are_refused() -> None:
    with pytest.raises(Refused, match=r"prompt_tokens=4 and scenario\.new_tokens=9 are more than the 12 places"):
        ran(Counting(), new=9)


@pytest.mark.parametrize("shape", [(1, 5), (1, 3, WORDS)])
def test_a_model_that_foresees_no_next_token_is_refused(shape: tuple[int, ...]) -> None:
    model = Counting()
    model.predict = lambda ids: np.zeros(shape)  # type: ignore[method-assign]
    with pytest.raises(Refused, match=r"needs logits of every place, \(batch, places, words\) of \(1, 12\)"):
        ran(model)
