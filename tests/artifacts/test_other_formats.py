"""The MXNet, Keras, and TFLite emitters: equal bytes, and the answers of the layer table."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from tasks import ROOT
from tasks.artifacts.files import sha256_of
from tasks.artifacts.zips import packed
from tasks.stacks import lock
from tests.artifacts.every_operator import arrays, batch, every_operator
from tests.contracts import reference
from tests.predictors.real_stacks import FORMATS, LARGE, done, inside, predicted, software, written

EACH = pytest.mark.parametrize("name", FORMATS)


def test_a_zip_is_the_same_bytes_for_the_same_members() -> None:
    members = {"b": b"2", "a": b"1" * 1000}
    assert packed(members) == packed(dict(members)) != packed({"a": b"1" * 1000, "b": b"2"})


@EACH
def test_models_are_written_in_an_environment_that_runs_models(name: str) -> None:
    writer = FORMATS[name][1]
    spec, held = software(writer), lock.read(ROOT / "tasks" / "artifacts" / f"{writer}.lock")
    assert held == lock.Lock(spec["python"], tuple(spec["packages"])), "two environments are built where one would do"


@pytest.mark.parametrize("model", ["patchnet", "resnet50"])
@pytest.mark.parametrize("kind", ["mxnet", "keras", "tflite"])
def test_what_the_stages_write_is_rebuilt_and_never_stored(model: str, kind: str) -> None:
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"][f"{model}_{kind}"]
    ((path, flags),) = stage["outs"][0].items()
    manifest = yaml.safe_load((ROOT / "conf" / "model" / f"{model}.yaml").read_text(encoding="utf-8"))
    (pinned,) = (held[kind] for held in manifest["artifacts"].values() if kind in held)
    assert flags == {"push": False} and pinned["path"] == path and pinned["stage"] == f"{model}_{kind}"


@LARGE
@EACH
def test_every_operator_answers_as_the_table_in_float64(name: str, tmp_path: Path) -> None:
    answers, effective, process = predicted(name, written(name, tmp_path), batch())
    done(process)
    expected = reference.logits(every_operator(), arrays(), batch())
    assert reference.difference(answers, expected, "float32") < 1e-5 * np.abs(expected).max()
    assert effective["precision"] == "float32" and effective["intra_threads"] == 1


@LARGE
@EACH
def test_a_model_is_written_to_the_same_bytes_twice(name: str, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    one, two = written(name, tmp_path / "one"), written(name, tmp_path / "two")
    assert sha256_of(one) == sha256_of(two)


@LARGE
@EACH
def test_a_misshapen_parameter_is_named(name: str, tmp_path: Path) -> None:
    emitter, writer, _ = FORMATS[name]
    module, function = emitter.split(":")
    code = (
        f"from pathlib import Path; from {module} import {function} as write\n"
        "from tests.artifacts.every_operator import arrays, every_operator\n"
        f"write(every_operator(), {{**arrays(), 'fc.bias': arrays()['fc.bias'][:3]}}, Path({str(tmp_path / 'x')!r}))"
    )
    assert "fc.bias has shape (3,), the layer table says (5,)" in inside(writer, "-c", code).stderr
    assert not list(tmp_path.iterdir())
