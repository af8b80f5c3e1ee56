"""Laws of the models that only take time."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from flows import cli
from tasks.errors import Refused, TouchstoneError
from tasks.predictors.base import Setup
from tasks.predictors.simulated import KIND, Predictor


def loaded(folder: Path, service_ms: float = 0.0, **options: Any) -> Predictor:
    (folder / "model.json").write_text(json.dumps({"kind": KIND}))
    predictor = Predictor(**{"time": "wall", "busy": "spin", "stall_ms": 0.0, "stall_every_s": 2.0, **options})
    predictor.load(folder / "model.json", Setup("cpu", 2, 1, [], [], service_ms))
    return predictor


@pytest.mark.parametrize("busy", ["spin", "sleep", "hold_gil", "every_core"])
def test_every_way_takes_at_least_its_time_and_gives_the_input_back(busy: str, tmp_path: Path) -> None:
    predictor, begin = loaded(tmp_path, 3.0, busy=busy), time.perf_counter()
    assert predictor.predict("query") == "query" and time.perf_counter() - begin >= 0.003


def test_simulated_time_takes_none(tmp_path: Path) -> None:
    predictor = loaded(tmp_path, 3_600_000.0, time="simulated")
    predictor.predict("query")
    assert predictor.clock.now() == 3600 * 10**9


def test_a_stall_holds_the_whole_server_up_and_only_then(tmp_path: Path) -> None:
    predictor = loaded(tmp_path, 1.0, time="simulated", stall_ms=50.0, stall_every_s=2.0)
    ends = [predictor.predict(None) or predictor.clock.now() for _ in range(3)]
    assert ends == [51_000_000, 52_000_000, 53_000_000]
    predictor.clock.wait_until(2_030_000_000)
    predictor.predict(None)
    assert predictor.clock.now() == 2_051_000_000


def test_another_model_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("{}")
    predictor = Predictor(time="wall", busy="spin", stall_ms=0.0, stall_every_s=2.0)
    with pytest.raises(TouchstoneError, match="no model that only takes time"):
        predictor.load(tmp_path / "model.json", Setup("cpu", 1, 1, [], [], 1.0))


@pytest.mark.parametrize(("word", "title"), [("+model=null", "null[0 ms]"), ("+model=fixed", "fixed[5 ms]")])
def test_the_words_choose_the_software_by_themselves(word: str, title: str) -> None:
    (evaluation,) = cli.read([word])
    assert evaluation.software.id == "simulated" and evaluation.title == title


def test_null_may_stand_in_a_sweep() -> None:
    found = cli.read(["-m", "+model=null,fixed", "model.service_ms=2"])
    assert [e.title for e in found] == ["null[2 ms]", "fixed[2 ms]"]


def test_a_real_software_on_a_model_that_only_takes_time_is_a_sentence() -> None:
    with pytest.raises(Refused, match="software=onnxruntime reads onnx files, null"):
        cli.read(["+model=null", "software=onnxruntime"])


def test_a_real_model_may_not_be_empty() -> None:
    with pytest.raises(Refused, match="preprocess may be empty only for a model that only takes time"):
        cli.read(["+model=patchnet", "model.preprocess=[]"])
