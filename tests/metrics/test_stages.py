"""Laws of the metrics of a pipeline's stages."""

from typing import Any

import numpy as np
import pytest

from tasks.errors import Refused
from tasks.metrics import all_metrics, compute_all, mlflow_name, require_known, version
from tasks.results.process import Process
from tests.metrics.builders import measurement, timed


def piped(index: int, look_ms: Any, name_ms: Any, between_ms: float = 0.5) -> Process:
    """A process whose queries have these parts; pre- and post-processing half a millisecond each."""
    look, name = (np.asarray(ms, dtype=float) for ms in (look_ms, name_ms))
    made = timed(look + name + between_ms, index)
    for stage, ms in (("look", look), ("name", name), ("between", np.full(len(look), between_ms))):
        made.latencies[f"predict.{stage}_ns"] = (ms * 1e6).astype(np.int64)
    made.latencies["items.look"], made.latencies["items.name"] = 1, np.where(name > 0, 3, 0)
    return made


def test_each_stage_has_percentiles_with_intervals_and_all_shares_are_within_the_whole() -> None:
    rng = np.random.default_rng(0)
    each = [piped(k, 4 + rng.random(400), 1 + rng.random(400)) for k in range(3)]
    found = compute_all(measurement(*each))
    for stage, low, high in (("look", 4, 5), ("name", 1, 2), ("between", 0.5, 0.5)):
        p90 = found[f"predict_{stage}_p90_ms"]
        assert p90.value is not None and low <= p90.value <= high and p90.low <= p90.value <= p90.high  # type: ignore[operator]
    shares = [found[f"predict_{stage}_share"].value or 0 for stage in ("look", "name", "between")]
    assert sum(shares) == pytest.approx(
        found["predict_trimmed_mean_ms"].value / found["end_to_end_trimmed_mean_ms"].value, rel=0.01
    )  # type: ignore[operator]


def test_a_query_that_gives_a_model_nothing_counts_as_no_time() -> None:
    found = compute_all(measurement(piped(0, [2.0] * 40, [4.0, 0.0, 0.0, 0.0] * 10)))
    assert found["predict_name_p50_ms"].value == 0.0 and found["predict_name_items"].value == 0.75
    assert found["predict_name_share"].value == pytest.approx(40 / (40 * 3.5 + 40))


def test_one_model_has_none_of_them() -> None:
    assert not [name for name in compute_all(measurement(timed([1.0] * 40))) if "share" in name or "items" in name]


def test_names_of_any_stage_are_known_and_recorded_in_a_group_of_their_own() -> None:
    assert "predict_enlarge_p99_ms" in all_metrics() and "predict_enlarge_p98_ms" not in all_metrics()
    assert mlflow_name("predict_look_twice_p99_ms") == "predict_look_twice/p99_ms"
    assert version("predict_a_p50_ms") == version("predict_b_p50_ms") != version("predict_a_p90_ms")
    assert not {name for name in all_metrics() if "enlarge" in name}
    with pytest.raises(KeyError):
        all_metrics()["predict_enlarge"]


def test_a_budget_is_of_a_stage_that_there_is() -> None:
    require_known("expect", ["predict_look_p99_ms", "predict_p99_ms"], ["look"])
    require_known("metric", ["predict_any_p99_ms"])  # of whatever was recorded
    with pytest.raises(Refused, match="There is no metric «predict_look_p99_ms»"):
        require_known("expect", ["predict_look_p99_ms"], [])
    with pytest.raises(Refused, match="Did you mean predict_look_p99_ms"):
        require_known("expect", ["predict_lok_p99_ms"], ["look"])
