"""`flows.add`: the user's own model and data set, from a path to a report."""

import json
import shutil
import uuid
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from flows import add, cli, conf, spec, zoo
from flows.evaluate import evaluate
from flows.tried import tried
from tasks import ROOT
from tasks.errors import Refused
from tasks.results.measurement import Result
from tests.artifacts.own_models import doubled, embedded, onnx_file
from tests.builders import COLORS, onnx_model, png
from tests.tracking.registered import registered

QUICK = ["scenario=quick", "scenario.min_duration_s=0.05", "scenario.id=test-add"]


@pytest.fixture
def name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A name for the model and data set of this test, in a copy of conf/; what it puts under artifacts/ goes again."""
    shutil.copytree(conf.CONF, tmp_path / "conf")
    monkeypatch.setattr(conf, "CONF", tmp_path / "conf")
    before = set((ROOT / "reports").iterdir())
    made = f"own_{uuid.uuid4().hex[:8]}"
    yield made
    for kind in ("models", "datasets"):
        shutil.rmtree(ROOT / "artifacts" / kind / made, ignore_errors=True)
    for report in set((ROOT / "reports").iterdir()) - before:
        if "test-add" in report.name:
            shutil.rmtree(report, ignore_errors=True)


def manifest(group: str, name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((conf.CONF / group / f"{name}.yaml").read_text())
    return loaded


def refused(*words: str) -> str:
    with pytest.raises(Refused) as caught:
        add.run(list(words))
    return str(caught.value)


def test_a_model_is_added_and_measured_with_the_next_command_it_prints(
    name: str, tmp_path: Path, onnxruntime: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add.run([str(embedded(tmp_path / "My Model.onnx")), f"name={name}"]) == 0
    said = capsys.readouterr().out
    assert "[batch, 128]" in said and "the table that it looks up in has 50 rows" in said
    assert "onnxruntime" in next(line for line in said.splitlines() if line.startswith("runs in"))
    (command,) = [line for line in said.splitlines() if line.startswith("next")]
    assert command.split("python -m flows.evaluate ")[1] == f"+model={name} scenario=quick"
    result = evaluate([f"+model={name}", *QUICK, f"tracking.uri=sqlite:///{tmp_path / 'mlflow.db'}"])
    assert isinstance(result, Result) and result.exit_code == 0 and result.passed
    assert result.evaluation.dataset.id == "synthetic" and result.evaluation.title == f"{name}[own] on synthetic"
    summary = json.loads((result.folder / "summary.json").read_text())
    assert summary["metrics"]["accuracy_top1"]["note"].startswith("not evaluated")
    assert summary["metrics"]["predict_p50_ms"]["value"] > 0


def test_a_file_for_one_sample_at_a_time_is_measured_and_larger_batches_are_refused(
    name: str, tmp_path: Path, onnxruntime: Any
) -> None:
    add.run([str(doubled(tmp_path / "m.onnx", 1, 3, 8, 8)), f"name={name}"])
    result = evaluate([f"+model={name}", *QUICK, f"tracking.uri=sqlite:///{tmp_path / 'mlflow.db'}"])
    assert isinstance(result, Result) and result.passed
    with pytest.raises(Refused, match=r"takes one sample at a time, as its file fixes it, and scenario=offline"):
        cli.read([f"+model={name}", "scenario=offline"])


def test_samples_in_another_dimension_and_scalars_are_fed_as_the_file_wants_them(
    name: str, tmp_path: Path, onnxruntime: Any
) -> None:
    from onnx import helper

    from tests.artifacts.own_models import FLOAT, value

    nodes = [helper.make_node("Mul", ["state", "rate"], ["y"])]
    path = onnx_file(tmp_path / "m.onnx", nodes, [value("state", FLOAT, 2, "batch", 3), value("rate", FLOAT)],
                     [value("y", FLOAT, 2, "batch", 3)])  # fmt: skip
    add.run([str(path), f"name={name}", "range.rate=[8,8]"])
    assert [t["shape"] for t in manifest("model", name)["inputs"]] == [[2, "batch", 3], []]
    words = [f"+model={name}", *QUICK, "scenario=multi_stream", f"tracking.uri=sqlite:///{tmp_path / 'mlflow.db'}"]
    result = evaluate([*words, "scenario.repetitions=1", "scenario.min_queries=10"])
    assert isinstance(result, Result) and result.passed, result.failure


def test_a_version_of_the_registry_is_added_as_the_file_that_was_logged(
    name: str, tmp_path: Path, onnxruntime: Any
) -> None:
    uri = registered(tmp_path).uri
    assert add.run(["models:/mine/1", f"name={name}", f"tracking.uri={uri}"]) == 0
    data = manifest("model", name)
    assert data["source"] == "models:/mine/1, added by its user." and list(data["artifacts"]["own"]) == ["onnx"]


def test_the_manifest_is_valid_with_its_open_fields_and_listed_in_the_zoo(
    name: str, tmp_path: Path, onnxruntime: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    add.run([str(doubled(tmp_path / "m.onnx", "batch", 3)), f"name={name}"])
    assert spec.run(["validate", f"+model={name}"]) == 0
    capsys.readouterr()
    zoo.run(["list", name])
    assert "yours" in capsys.readouterr().out


def test_an_open_field_is_asked_for_where_a_prediction_depends_on_it(
    name: str, tmp_path: Path, onnxruntime: Any
) -> None:
    add.run([str(doubled(tmp_path / "m.onnx", "batch", 3, 8, 8)), f"name={name}"])
    with pytest.raises(Refused, match=r"heads, inputs\.0\.color, outputs\.0\.meaning are still «\?\?\?»") as caught:
        cli.read([f"+model={name}", "dataset=patches"])
    assert "dataset=synthetic" in str(caught.value)


def test_a_model_and_pictures_of_ones_own_give_an_accuracy(
    name: str, tmp_path: Path, onnxruntime: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    add.run([str(onnx_model(tmp_path / "m.onnx")), f"name={name}", "modality=image_classification"])
    rows = ["file,label"]
    for label, color in COLORS.items():
        for i in range(5):
            (tmp_path / f"{label}{i}.png").write_bytes(png(color, noise=i))
            rows.append(f"{label}{i}.png,{label}")
    (tmp_path / "t.csv").write_text("\n".join(rows))
    capsys.readouterr()
    assert add.run([f"dataset={tmp_path / 't.csv'}", f"name={name}"]) == 0
    assert f"heads: {{own: {{{name}: {{labels: [blue, green, red], channels: null}}}}}}" in capsys.readouterr().out
    _answer(name)
    words = [f"+model={name}", f"dataset={name}", *QUICK, f"tracking.uri=sqlite:///{tmp_path / 'mlflow.db'}"]
    result = evaluate(words)
    assert isinstance(result, Result) and result.passed, (result.failure, result.verdict)
    assert result.metrics["accuracy_top1"].value == 1.0


def _answer(name: str) -> None:
    """As the user does, by hand: red, green, and blue are the outputs 0, 1, 2; labels stand in that order in both."""
    path = conf.CONF / "model" / f"{name}.yaml"
    data = yaml.safe_load(path.read_text())
    data["inputs"][0].update(color="RGB", range=[0.0, 1.0])
    data["outputs"][0]["meaning"] = "logits"
    data["preprocess"] = [
        {"step": "decode", "decoder": "pillow", "color": "RGB", "exif": "ignore"},
        {"step": "normalize", "scale": 1 / 255, "mean": [0, 0, 0], "std": [1, 1, 1], "order": "scale_mean_std"},
        {"step": "transpose", "layout": "NCHW"},
        {"step": "cast", "dtype": "float32"},
    ]
    data["postprocess"] = [{"step": "softmax", "axis": 1}, {"step": "top_k", "k": 3}]
    data["heads"] = {"own": {name: {"labels": ["red", "green", "blue"], "channels": None}}}
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    dataset = conf.CONF / "dataset" / f"{name}.yaml"
    dataset.write_text(dataset.read_text().replace("[blue, green, red]", "[red, green, blue]"))


def test_what_is_there_is_not_written_over_unless_asked_and_never_what_is_the_projects(
    name: str, tmp_path: Path, onnxruntime: Any
) -> None:
    path = str(doubled(tmp_path / "m.onnx", "batch", 3))
    add.run([path, f"name={name}"])
    assert "force=true" in refused(path, f"name={name}")
    doubled(tmp_path / "m.onnx", "batch", 4)
    add.run([path, f"name={name}", "force=true"])
    assert manifest("model", name)["inputs"][0]["shape"] == ["batch", 4]
    assert "one of this project's models" in refused(path, "name=patchnet", "force=true")
    assert "one of this project's data sets" in refused(f"dataset={tmp_path}", "name=patches", "force=true")


def test_a_model_that_no_software_runs_is_not_added_and_every_reason_is_told(
    name: str, tmp_path: Path, onnxruntime: Any
) -> None:
    path, home = doubled(tmp_path / "m.onnx", "batch", 3, opset=99), ROOT / "artifacts" / "models"
    home.mkdir(exist_ok=True)
    before = set(home.iterdir())
    said = refused(str(path), f"name={name}", "software=onnxruntime")
    assert (
        said.startswith("No software here runs it")
        and "the file is of opset 99, and this version knows them up to" in said
    )
    assert not (conf.CONF / "model" / f"{name}.yaml").exists()
    assert set(home.iterdir()) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"outputs": [{"name": "z", "dtype": "float32", "meaning": "values"}]},
            "names the output «z», the model file has y",
        ),
        (
            {"outputs": [{"name": "y", "dtype": "int64", "meaning": "values"}]},
            "is int64 in the manifest and float32 in",
        ),
        ({"inputs": {"name": "z"}}, "names the input «z», the model file has x"),
        ({"inputs": {"dtype": "float64"}}, "is float64 in the manifest and float32 in the model file"),
        (
            {"inputs": {"shape": ["batch", 4]}},
            "has shape ['batch', 4] in the manifest and ['batch', 3] in the model file",
        ),
    ],
)
def test_a_manifest_that_does_not_fit_its_file_is_answered_with_what_the_file_has(
    name: str, tmp_path: Path, onnxruntime: Any, change: dict[str, Any], said: str
) -> None:
    path = doubled(tmp_path / "m.onnx", "batch", 3)
    add.run([str(path), f"name={name}"])
    data = manifest("model", name)
    data["inputs"][0] |= change.get("inputs", {})
    (trial,) = tried(data | {k: v for k, v in change.items() if k != "inputs"}, {"onnx": path}, "onnxruntime")
    assert trial.runs is False and said in trial.why and "\n" not in trial.why


@pytest.mark.parametrize("words", [[], ["a.onnx", "b.onnx"], ["a.onnx", "dataset=b"]])
def test_one_thing_is_added_at_once(words: list[str]) -> None:
    assert "Give one model" in refused(*words)


def test_class_folders_stay_where_they_are(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for label in ("cat", "dog"):
        (tmp_path / "pets" / label).mkdir(parents=True)
        (tmp_path / "pets" / label / "1.png").write_bytes(png((1, 2, 3)))
    add.run([f"dataset={tmp_path / 'pets'}", f"name={name}"])
    data = manifest("dataset", name)
    assert (data["kind"], data["folder"], data["labels"]) == ("image_folder", str(tmp_path / "pets"), ["cat", "dog"])
    assert spec.run(["validate"]) == 0


def _of_bytes(path: Path, logits: Any, mean: bool) -> Path:
    """A model of eight bytes: a row of a table for each, (256, n); their mean, or all of them."""
    from onnx import TensorProto, helper

    from tests.artifacts.own_models import FLOAT, value

    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["rows" if mean else "logits"])]
    nodes += [helper.make_node("ReduceMean", ["rows"], ["logits"], axes=[1], keepdims=0)] if mean else []
    out = ("batch", logits.shape[1]) if mean else ("batch", 8, logits.shape[1])
    inputs = [value("input_ids", TensorProto.INT64, "batch", 8)]
    held = {"table": logits.astype(np.float32)}
    return onnx_file(path, nodes, inputs, [value("logits", FLOAT, *out)], held)


def _answer_texts(name: str, head: dict[str, Any]) -> None:
    """As the user does, from what the command printed."""
    path = conf.CONF / "model" / f"{name}.yaml"
    data = yaml.safe_load(path.read_text())
    data["inputs"][0].update(color="none")
    data["outputs"][0]["meaning"] = "logits"
    data["preprocess"] = [{"step": "tokens", "vocabulary": "bytes", "length": 8, "pad": 0}]
    ranked = [{"step": "softmax", "axis": 1}, {"step": "top_k", "k": 2}]
    data["postprocess"] = ranked if "labels" in head else []
    data["heads"] = {"own": {name: {**head, "channels": None}}}
    path.write_text(yaml.safe_dump(data, sort_keys=False))


def test_a_model_and_labelled_texts_of_ones_own_give_an_accuracy(
    name: str, tmp_path: Path, onnxruntime: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    table = np.zeros((256, 2))
    table[ord("a"), 0], table[ord("b"), 1], table[ord("c"), 0] = 5.0, 5.0, 0.5
    model = _of_bytes(tmp_path / "m.onnx", table, mean=True)
    add.run([str(model), f"name={name}", "modality=language_understanding", "range.input_ids=[0,255]"])
    texts = [("aaa" + "c" * k, "first") for k in range(6)] + [("bbb" + "c" * k, "second") for k in range(6)]
    (tmp_path / "t.csv").write_text("text,label\n" + "".join(f"{t},{c}\n" for t, c in texts))
    capsys.readouterr()
    assert add.run([f"dataset={tmp_path / 't.csv'}", f"name={name}"]) == 0
    said = capsys.readouterr().out
    assert "12 texts, from its column «text» of 2 classes: first, second" in said
    assert f"heads: {{own: {{{name}: {{labels: [first, second], channels: null}}}}}}" in said
    assert manifest("dataset", name)["modality"] == "language_understanding"
    _answer_texts(name, {"labels": ["first", "second"]})
    words = [f"+model={name}", f"dataset={name}", *QUICK, f"tracking.uri=sqlite:///{tmp_path / 'mlflow.db'}"]
    result = evaluate(words)
    assert isinstance(result, Result) and result.passed, (result.failure, result.verdict)
    assert result.metrics["accuracy_top1"].value == 1.0 and result.metrics["accuracy_top1"].n == 12


def test_a_model_and_texts_alone_give_a_perplexity(name: str, tmp_path: Path, onnxruntime: Any) -> None:
    follows = np.random.default_rng(0).normal(0, 0.01, (256, 256))
    follows[ord("a"), ord("b")], follows[ord("b"), ord("a")], follows[ord("c"), ord("c")] = 8.0, 4.0, 2.0
    model = _of_bytes(tmp_path / "m.onnx", follows, mean=False)
    add.run([str(model), f"name={name}", "modality=language_generation", "range.input_ids=[0,255]"])
    texts = ("abab", "baba", "ccccc", "ab", "cd")
    (tmp_path / "t.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    add.run([f"dataset={tmp_path / 't.jsonl'}", f"name={name}"])
    data = manifest("dataset", name)
    assert (data["modality"], data["meaning"], data["labels"]) == ("language_generation", {"vocabulary": "bytes"}, [])
    _answer_texts(name, {"meaning": {"vocabulary": "bytes"}})
    words = [f"+model={name}", f"dataset={name}", *QUICK, f"tracking.uri=sqlite:///{tmp_path / 'mlflow.db'}"]
    result = evaluate(words)
    assert isinstance(result, Result) and result.passed, (result.failure, result.verdict)
    costs = np.log(np.exp(follows).sum(1, keepdims=True)) - follows
    true = [costs[ord(one), ord(two)] for text in texts for one, two in pairwise(text)]
    assert result.metrics["text_perplexity"].value == pytest.approx(np.exp(np.mean(true)), rel=1e-4)
