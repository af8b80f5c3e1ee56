"""Laws of several predictors as one, with counters in their place; and the agent with a pipeline, as a real process."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.agent.chain import Chain, Link, columns, model_spans
from tasks.agent.pictured import Pictured, pictured, stacked
from tasks.agent.readings import readings_of
from tasks.errors import TouchstoneError
from tasks.processing.registry import BEFORE, BETWEEN
from tasks.results.process import Process, stages_of
from tasks.scenarios.base import CLOSED, Log
from tests.agent.found_boxes import by_color
from tests.agent.test_agent import result
from tests.pipelines import CROP, Piped

PER_COLOR = {"red": 2, "green": 1, "blue": 1}  # items of «name»: a blue picture has no box and is taken as a whole


class Counts:
    """Answers for each item, and remembers how many there were; sleeps a while."""

    def __init__(self, answer: Any, sleep_s: float = 0.0) -> None:
        self.answer, self.sleep_s, self.seen = answer, sleep_s, []
        self.ended = False

    def predict(self, batch: Any) -> Any:
        self.seen.append(len(batch))
        time.sleep(self.sleep_s)
        return self.answer(batch)

    def unload(self) -> None:
        self.ended = True


def color(batch: Any) -> Any:
    return batch.mean(axis=(1, 2))


def crop(none: str) -> Any:
    return lambda carried: BETWEEN["crop"](carried, **{k: v for k, v in {**CROP, "none": none}.items() if k != "step"})


def chain(none: str = "nothing", sleep_s: float = 0.0) -> tuple[Chain, Counts, Counts]:
    first, second = Counts(color, sleep_s), Counts(color, sleep_s)
    shrunk = lambda picture: picture[:1, :1].astype(np.float64)  # noqa: E731
    as_it_is: Any = {"frame": (8, 8), "color": "RGB", "padded": False}
    links = [
        Link("look", first, shrunk, by_color, crop(none), **as_it_is),
        Link("name", second, shrunk, lambda x: x, lambda x: x, **as_it_is),
    ]
    return Chain(links), first, second


def batch(*names: str) -> Pictured:
    pictures = [np.full((8, 8, 3), 255 * np.eye(3)[("red", "green", "blue").index(n)], dtype=np.uint8) for n in names]
    return Pictured(np.stack(pictures).astype(np.float64), pictures)


def test_all_crops_of_a_batch_are_one_batch_of_the_next_model() -> None:
    made, first, second = chain()
    out = made.predict(batch("red", "blue", "green", "red"))
    assert (first.seen, second.seen) == ([4], [5]) and out.owners == [0, 0, 2, 3, 3]
    assert np.argmax(out.answer, axis=1).tolist() == [0, 0, 1, 0, 0]


def test_a_model_that_is_given_nothing_is_not_asked() -> None:
    made, _, second = chain()
    out = made.predict(batch("blue", "blue"))
    assert second.seen == [] and out.owners == [] and out.answer is None
    assert [len(of) for of in out.found.boxes] == [0, 0]
    made.unload()
    assert second.ended


def test_a_picture_that_a_later_model_cannot_take_is_told_with_its_stage() -> None:
    made, *_ = chain()
    small = BEFORE["center_crop"]
    links = [made.links[0], replace(made.links[1], inputs=lambda picture: small(picture, height=50, width=50))]
    with pytest.raises(TouchstoneError, match="«name» was given a picture"):
        Chain(links).predict(batch("red"))


def timed(made: Chain, log: Log, queries: list[tuple[str, ...]], warm: bool = False) -> None:
    part = log.part(CLOSED, warm=warm)
    for names in queries:
        t0 = time.perf_counter_ns()
        given = batch(*names)
        t1 = time.perf_counter_ns()
        made.predict(given)
        t2 = time.perf_counter_ns()
        part.readings.extend((t0, t1, t2, t2))


def test_parts_of_a_prediction_are_no_longer_than_the_whole_and_leave_only_what_is_between() -> None:
    (made, *_), log = chain(sleep_s=0.002), Log()
    made.predict(batch("red"))  # before the scenario, as a first prediction is
    timed(made, log, [("red",), ("blue",)], warm=True)
    timed(made, log, [("red", "red"), ("blue",), ("green",)])
    for part in log.parts:
        at = readings_of(part)
        found = columns(made, part, at)
        whole = found["predict.look_ns"] + found["predict.name_ns"] + found["predict.between_ns"]
        assert (whole == at["t2"] - at["t1"]).all() and all((of >= 0).all() for of in found.values())
        assert (found["predict.look_ns"] >= 2e6).all()
    assert found["items.look"].tolist() == [2, 1, 1] and found["items.name"].tolist() == [4, 0, 1]
    assert found["predict.name_ns"][1] < 1e6


def test_what_threads_did_at_once_is_told_apart() -> None:
    (made, *_), log = chain(sleep_s=0.001), Log()
    orders = [[("red",)] * 20, [("green",)] * 20, [("red", "red")] * 20]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda order: timed(made, log, order), orders))
    given = sorted(tuple(set(columns(made, p, readings_of(p))["items.name"].tolist())) for p in log.parts)
    assert given == [(1,), (2,), (4,)]


def test_spans_of_models_lie_within_the_prediction_and_do_not_overlap() -> None:
    (made, *_), log = chain(), Log()
    timed(made, log, [("red",)], warm=True)
    timed(made, log, [("red",), ("blue",)])
    spans = model_spans(made, log, readings_of)
    assert [s["name"] for s in spans] == ["predict.look", "predict.between", "predict.name"] * 2
    at = readings_of(log.parts[1])
    for k in range(2):
        mine = spans[3 * k : 3 * k + 3]
        assert mine[0]["start_ns"] >= at["t1"][k] and mine[-1]["end_ns"] <= at["t2"][k]
        assert all(a["end_ns"] == b["start_ns"] for a, b in pairwise(mine))


@pytest.mark.parametrize(("layout", "shape"), [("NCHW", (3, 4, 5)), ("NHWC", (4, 5, 3)), ("NCHW", (1, 4, 5))])
def test_synthetic_inputs_are_looked_at_as_pictures(layout: str, shape: tuple[int, ...]) -> None:
    tensor = {"layout": layout, "range": [-1.0, 1.0]}
    request = {"pipeline": [{"inputs": [tensor]}], "dataset": {"kind": "synthetic"}, "allow_modules": []}
    array = np.linspace(-1, 1, 12 if shape[0] == 1 else 60).repeat(20 // 12 + 1)[: np.prod(shape)].reshape(shape)
    both = stacked([pictured(request)(array)] * 2)
    assert both.inputs.shape == (2, *shape)
    assert all(p.shape == (4, 5, 3) and p.dtype == np.uint8 for p in both.pictures)
    assert both.pictures[0].min() == 0 and both.pictures[0].max() > 100


@pytest.fixture
def bench(tmp_path: Path) -> Piped:
    return Piped(tmp_path)


def test_the_whole_is_judged_by_what_the_last_model_says_of_the_best_crop(onnxruntime: Any, bench: Piped) -> None:
    process = result(onnxruntime.python, bench.request("accuracy"), bench.folder)
    table = process.predictions
    assert len(table) == 30 and (table["label"] == table["predicted"]).all() and table["finite"].all()
    assert list(process.facts["stages"]) == ["look", "name"]
    assert {"load", "load.look", "load.name"} <= {s["name"] for s in process.spans}


def test_inputs_are_those_of_the_first_model(onnxruntime: Any, bench: Piped) -> None:
    table = result(onnxruntime.python, bench.request("inputs"), bench.folder).inputs
    assert set(table["shape"]) == {"3x8x8"} and len(table) == 90


SCENARIOS: dict[str, dict[str, Any]] = {
    "single_stream": {},
    "offline": {"kind": "offline", "batch_size": 4},
    "server": {"kind": "server", "target_qps": 100, "latency_bound_ms": 50, "percentile": 90, "min_duration_s": 0.3},
    "concurrent": {"kind": "concurrent", "clients": 3},
    "batches": {"kind": "batches", "sizes": [1, 3]},
}


def timed_in(onnxruntime: Any, bench: Piped, scenario: str, **changes: Any) -> Process:
    asked = {f"scenario__{name}": value for name, value in SCENARIOS[scenario].items()}
    return result(onnxruntime.python, bench.request("timed", **asked, **changes), bench.folder)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_query_has_its_parts_in_closed_open_and_overlapping_scenarios(
    onnxruntime: Any, bench: Piped, scenario: str
) -> None:
    process = timed_in(onnxruntime, bench, scenario, tracing__level="model")
    table = process.latencies
    assert stages_of(table) == ["look", "name", "between"]
    parts = table[[f"predict.{name}_ns" for name in stages_of(table)]]
    assert (parts.sum(axis=1) == table["predict_ns"]).all() and (parts >= 0).all(axis=None)
    assert (table["items.look"] == table["samples"]).all()
    assert (table["samples"] <= table["items.name"]).all() and (table["items.name"] <= 2 * table["samples"]).all()
    names = [s["name"] for s in process.spans]
    assert names.count("predict.name") == names.count("predict") == (~table["warmup"]).sum()


def test_synthetic_inputs_measure_it_too_and_no_crop_at_all_is_fine(onnxruntime: Any, bench: Piped) -> None:
    none = {
        "model__pipeline__0__then__0__least_score": 2.0, "model__pipeline__0__then__0__none": "nothing",
        "model__modality": "object_detection", "model__pipeline__1__then": [{"step": "relabel", "score": "product"}],
        "dataset__id": "synthetic", "dataset__kind": "synthetic", "dataset__archives": {}, "dataset__modality": "any",
    }  # fmt: skip
    process = timed_in(onnxruntime, bench, "single_stream", **none)
    assert (process.latencies["items.name"] == 0).all() and (process.latencies["predict.look_ns"] > 0).all()
    (judged := bench.folder / "judged").mkdir()
    held = result(onnxruntime.python, bench.request("accuracy", **none), judged)
    assert held.agreement["output"].tolist() == ["look.logits", "name.logits"] and held.agreement["finite"].all()
