"""Laws of `tasks/reporting/summary.py`: scripts find every key, as plain JSON, whole or not at all."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tasks.reporting.summary import jsonable, summary, write_json
from tasks.results.measurement import Estimate, Measurement
from tests.reporting import builders

KEYS = (
    "run evaluation title hashes metrics environment verdict findings steps_s mlflow failure artifacts stack placement"
)


def test_a_result_has_every_promised_key() -> None:
    found = summary(builders.result())
    assert set(KEYS.split()) <= set(found)
    assert found["title"] == "tiny[seeded] on colors"
    assert set(found["metrics"]["predict_p50_ms"]) == {
        "value",
        "unit",
        "low",
        "high",
        "n",
        "processes",
        "note",
        "formula",
    }
    assert found["environment"]["host"]["cpu"]["model"] == "Testor 9000"
    assert found["evaluation"]["model"]["id"] == "tiny"
    assert found["verdict"]["passed"] is False


def test_a_failure_before_the_measurement_is_summarised_too() -> None:
    found = summary(builders.result(measurement=Measurement(()), failure="out of memory"))
    assert (found["failure"], found["metrics"], found["environment"]) == ("out of memory", {}, {})


def test_a_sweep_holds_its_cells(tmp_path: Path) -> None:
    found = summary(builders.sweep(tmp_path, cells=3))
    assert [cell["run"] for cell in found["cells"]] == ["r0", "r1", "r2"]


def test_what_is_written_is_strict_json(tmp_path: Path) -> None:
    path = tmp_path / "new" / "summary.json"
    result = builders.result(metrics={"load_s": Estimate(math.nan, "s")}, stack={"size": np.int64(3), "at": Path("a")})
    write_json(path, summary(result))
    found = json.loads(path.read_text(), parse_constant=lambda word: pytest.fail(word))
    assert found["metrics"]["load_s"]["value"] is None
    assert found["stack"] == {"size": 3, "at": "a"}


def test_jsonable_reaches_into_everything() -> None:
    assert jsonable({1: (np.float64("inf"), {True}), "a": np.arange(2)}) == {"1": [None, [True]], "a": [0, 1]}


def test_a_write_that_fails_leaves_only_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "summary.json"
    write_json(path, {"old": 1})
    monkeypatch.setattr("os.replace", _full)
    with pytest.raises(OSError, match="no space"):
        write_json(path, {"new": 2})
    assert json.loads(path.read_text()) == {"old": 1}
    assert list(tmp_path.iterdir()) == [path]


def _full(*_: object) -> None:
    raise OSError("no space left")
