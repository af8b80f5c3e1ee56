"""Laws of the metrics of streamed answers, on answers whose times are known."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tasks.metrics import compute_all
from tasks.results.measurement import Measurement
from tasks.results.process import Process
from tests.metrics.builders import latencies, process, timed

RNG = np.random.default_rng(0)


def table(first_ms: Any, each_ms: float = 5.0, tokens: Any = 9, n: int = 400) -> pd.DataFrame:
    """One answer after another: the first token at ``first_ms``, each further one ``each_ms`` later; 1 ms around it."""
    first, many = np.broadcast_to(first_ms, n), np.broadcast_to(tokens, n)
    last = first + each_ms * np.maximum(many - 1, 0)
    columns = {"first_token_ns": first * 1e6, "last_token_ns": last * 1e6, "pause_ns": np.full(n, each_ms * 1e6)}
    whole = {name: values.astype(np.int64) for name, values in columns.items()}
    return latencies(last + 1.0).assign(**whole, output_tokens=many, prompt_tokens=7)


def streamed(*tables: pd.DataFrame, **facts: Any) -> Measurement:
    return Measurement(tuple(process("timed", i, {"latencies": t}, **facts) for i, t in enumerate(tables)))


def waited(index: int, tokens: int = 9) -> Process:
    """Queries that waited about 100 ms before they were sent."""
    queue = (1e8 * RNG.uniform(0.9, 1.1, 400)).astype(np.int64)
    answers = table(RNG.uniform(18, 22, 400), tokens=tokens).assign(queue_ns=queue, issue_error_ns=0)
    return process("timed", index, {"latencies": answers})


def test_first_token_and_each_further_one_are_told_apart() -> None:
    found = compute_all(streamed(table(20.0), table(20.0), table(20.0)))
    assert found["ttft_p50_ms"].value == pytest.approx(20.5), "pre-processing takes half a millisecond"
    assert found["tpot_p99_ms"].value == pytest.approx(5) and found["pause_p90_ms"].value == pytest.approx(5)
    assert found["ttft_p50_ms"].processes == 3 and found["ttft_p50_ms"].n == 1200


def test_intervals_hold_what_differs_between_processes() -> None:
    alike = compute_all(streamed(table(20.0), table(20.0)))["ttft_p50_ms"]
    apart = compute_all(streamed(table(20.0), table(22.0)))["ttft_p50_ms"]
    assert alike.low == alike.high and apart.low < 20.5 and apart.high > 22.5


def test_tokens_per_second_are_all_tokens_over_the_wall_time() -> None:
    found = compute_all(streamed(table(20.0), table(20.0)))["output_tokens_per_s"]
    assert found.value == pytest.approx(9 / 0.062, rel=0.01) and found.unit == "tokens/s"
    said = compute_all(streamed(table(20.0), tokens_counted="as pieces of the stream"))["output_tokens_per_s"].note
    assert said == "within one process; tokens counted as pieces of the stream"


def test_an_answer_of_one_token_has_a_first_token_and_no_time_per_token() -> None:
    tokens = np.where(np.arange(400) % 2, 1, 9)
    found = compute_all(streamed(table(20.0, tokens=tokens)))
    assert found["ttft_p50_ms"].n == 400 and found["tpot_p50_ms"].n == 200
    alone = Measurement(tuple(waited(i, tokens=1) for i in range(5)))
    for measurement in (streamed(table(20.0, tokens=1)), alone):
        assert "tpot_p50_ms" not in compute_all(measurement)


def test_in_a_schedule_the_first_token_counts_from_the_arrival_and_over_replications() -> None:
    found = compute_all(Measurement(tuple(map(waited, range(5)))))
    assert found["ttft_p50_ms"].value == pytest.approx(120.5, abs=3) and "5 replications" in found["ttft_p50_ms"].note
    few = compute_all(Measurement(tuple(map(waited, range(2)))))["ttft_p50_ms"]
    assert few.value is None and "scenario.repetitions=5" in few.note


def test_goodput_keeps_every_limit_and_nothing_is_good_without_one() -> None:
    first = np.where(np.arange(400) % 4, 20.0, 200.0)

    def share(**limits: float) -> Any:
        return compute_all(streamed(table(first), table(first), limits=limits))["goodput_share"].value

    assert share(ttft_ms=50) == 0.75 and share(ttft_ms=50, tpot_ms=6) == 0.75 and share(ttft_ms=50, tpot_ms=4) == 0
    found = compute_all(streamed(table(first), table(first), limits={"ttft_ms": 50}))
    rates = found["goodput_per_s"].value, found["throughput_per_s"].value
    assert rates[0] == pytest.approx(0.75 * rates[1])
    assert not {"goodput_share", "goodput_per_s"} & set(compute_all(streamed(table(first), limits={})))


def test_an_answer_without_a_token_is_not_good() -> None:
    tokens = np.where(np.arange(400) % 2, 0, 9)
    found = compute_all(streamed(table(20.0, tokens=tokens), limits={"ttft_ms": 50}))
    assert found["goodput_share"].value == 0.5


def test_what_streams_nothing_has_none_of_these() -> None:
    found = compute_all(Measurement((timed([1.0] * 400, 0), timed([1.0] * 400, 1))))
    assert not [name for name in found if name.startswith(("ttft", "tpot", "pause", "output_tokens", "goodput"))]
