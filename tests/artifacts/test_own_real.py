"""Models as their own frameworks write them, added and run: TFLite, Keras, SavedModel, torch.export.

Written in the environments of conf/software, which are large; held against the float64 table where there is one.
"""

import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows.tried import tried
from tasks import ROOT
from tasks.artifacts import models
from tasks.artifacts.own import kinds, manifest, placing
from tasks.artifacts.own.answers import heard
from tasks.artifacts.own.found import Found
from tasks.artifacts.own.inputs import described
from tasks.artifacts.own.reading import read
from tasks.errors import BuildFailed, Refused
from tasks.specs.model import Model
from tasks.specs.unanswered import neutral
from tasks.stacks import lock
from tasks.stacks.build import ensure
from tasks.stacks.stack import environ
from tests.predictors.real_stacks import LARGE, done, inside, written

TENSORFLOW = """
import sys, keras, tensorflow as tf
ids = keras.Input((12,), dtype="int32", name="ids")
dense = keras.Input((3,), name="dense")
found = keras.layers.GlobalAveragePooling1D(name="mean")(keras.layers.Embedding(40, 4, name="table")(ids))
both = keras.layers.Concatenate(name="both")([found, dense])
model = keras.Model([ids, dense], [keras.layers.Dense(2, name="left")(both), keras.layers.Dense(1, name="right")(both)])
model.save(sys.argv[1] + "/two.keras")
model.export(sys.argv[1] + "/exported", verbose=False)
converter = tf.lite.TFLiteConverter.from_keras_model(model)
open(sys.argv[1] + "/two.tflite", "wb").write(converter.convert())

class Reads(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([], tf.string, name="path")])
    def __call__(self, path):
        return {"y": tf.strings.length(tf.io.read_file(path))}

reads = Reads()
tf.saved_model.save(reads, sys.argv[1] + "/reads", signatures={"serving_default": reads.__call__})
"""
TORCH = """
import sys, torch

class Two(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.last = torch.nn.Embedding(30, 4), torch.nn.Linear(7, 2)

    def forward(self, ids, dense):
        found = torch.cat([self.table(ids).mean(1), dense], 1)
        return self.last(found), found

size = torch.export.Dim("batch", min=1, max=64)
inputs = (torch.zeros(2, 5, dtype=torch.int64), torch.zeros(2, 3))
program = torch.export.export(Two().eval(), inputs, dynamic_shapes=({0: size}, {0: size}))
torch.export.save(program, sys.argv[1] + "/two.pt2")
torch.save(Two().state_dict(), sys.argv[1] + "/two.pth")
"""


def made(name: str, code: str, folder: Path) -> Path:
    done(inside(name, "-c", code, str(folder)))
    return folder


@pytest.fixture(scope="module")
def tensorflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made("tensorflow", TENSORFLOW, tmp_path_factory.mktemp("tensorflow"))


@pytest.fixture(scope="module")
def torch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made("pytorch", TORCH, tmp_path_factory.mktemp("torch"))


def ran(path: Path, software: str, folder: Path) -> tuple[Found, dict[str, Any]]:
    """Read, placed, and predicted twice by the agent in that software."""
    found = read(path, kinds.kind_of(path))
    inputs = described(found, heard([]))
    with placing.staged(found, folder) as file:
        data = manifest.fields("own", path.name, found, inputs, heard([]))
        (trial,) = tried({**data, **manifest.files(found, file, folder)}, {found.format: file}, software)
    assert trial.runs, trial.why
    return found, data


@LARGE
@pytest.mark.parametrize(
    ("file", "software"), [("two.keras", "tensorflow"), ("exported", "tensorflow"), ("two.tflite", "litert")]
)
def test_what_tensorflow_writes_is_read_and_run(tensorflow: Path, tmp_path: Path, file: str, software: str) -> None:
    found, data = ran(tensorflow / file, software, tmp_path)
    shapes = {tensor["name"]: (tensor["shape"], tensor["dtype"]) for tensor in data["inputs"]}
    assert shapes == {"ids": (["batch", 12], "int32"), "dense": (["batch", 3], "float32")}
    assert len(found.outputs) == 2 and {port.dtype for port in found.outputs} == {"float32"}


@LARGE
def test_a_saved_model_that_reads_files_is_refused(tensorflow: Path) -> None:
    with pytest.raises(Refused, match=r"has the operator ReadFile, which reaches beyond the model"):
        read(tensorflow / "reads", "saved_model")


@LARGE
@pytest.mark.parametrize("name", ["litert", "tensorflow"])
def test_every_operator_of_the_project_is_read_and_run(name: str, tmp_path: Path) -> None:
    found, _ = ran(written(name, tmp_path), name, tmp_path)
    assert [(p.name, p.shape, p.dtype) for p in found.inputs] == [("input", (None, 3, 17, 17), "float32")]
    assert [p.name for p in found.outputs] == ["logits"]


@LARGE
def test_an_exported_program_is_brought_without_its_pickled_examples_and_run(torch: Path, tmp_path: Path) -> None:
    found, data = ran(torch / "two.pt2", "pytorch", tmp_path)
    assert [(p.shape[1:] if p.shape else (), p.dtype, p.values) for p in found.inputs] == [
        ((5,), "int64", (0, 29)),
        ((3,), "float32", None),
    ]
    assert [o["name"] for o in data["outputs"]] == ["output_0", "output_1"]
    assert "without them" in found.remarks[0]
    with pytest.raises(Refused, match="is pickled"):
        kinds.kind_of(torch / "two.pth")


@LARGE
def test_a_guard_that_torch_would_execute_is_refused(torch: Path, tmp_path: Path) -> None:
    target = tmp_path / "executed"
    with zipfile.ZipFile(torch / "two.pt2") as whole, zipfile.ZipFile(tmp_path / "evil.pt2", "w") as evil:
        for entry in whole.infolist():
            data = whole.read(entry)
            if entry.filename.endswith("models/model.json"):
                program = json.loads(data)
                program["guards_code"] = [f"__import__('pathlib').Path({str(target)!r}).touch() is None"]
                data = json.dumps(program).encode()
            evil.writestr(entry, data)
    with pytest.raises(Refused, match="it holds the guard"):
        read(tmp_path / "evil.pt2", "pt2")
    run = "import sys, torch; m = torch.export.load(sys.argv[1]).module()\n"
    run += "m(torch.zeros(2, 5, dtype=torch.int64), torch.zeros(2, 3))"
    inside("pytorch", "-c", run, str(tmp_path / "evil.pt2"))
    assert target.exists(), "torch no longer executes guards: the check may go"


@LARGE
def test_copies_on_write_hold_the_same_weights(torch: Path, tmp_path: Path) -> None:
    found = read(torch / "two.pt2", "pt2")
    with placing.staged(found, tmp_path) as file, zipfile.ZipFile(file) as kept, zipfile.ZipFile(found.path) as whole:
        weights = [name for name in whole.namelist() if "/weights/weight_" in name]
        assert weights and all(
            np.array_equal(*(np.frombuffer(z.read(n), np.uint8) for z in (kept, whole))) for n in weights
        )


TRANSFORMERS = """
import sys
import tasks.artifacts.zoo.torchvision_shim
import transformers
config = transformers.BertConfig(vocab_size=60, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                                 intermediate_size=16, max_position_embeddings=24, num_labels=3)
transformers.set_seed(1)
transformers.BertForSequenceClassification(config).save_pretrained(sys.argv[1])
"""


@LARGE
def test_weights_for_transformers_are_exported_once_and_held_against_their_source(tmp_path: Path) -> None:
    stack = ensure(lock.read(models.LOCK), "torch")
    command = [stack.python, "-c", TRANSFORMERS, str(tmp_path / "bert")]
    done(subprocess.run(command, env=environ(stack, ROOT), capture_output=True, text=True))
    found = read(tmp_path / "bert", kinds.kind_of(tmp_path / "bert"))
    data = manifest.fields("own", "bert", found, described(found, heard([])), heard([]))
    assert data["inputs"][0] | {"shape": ["batch", 24], "range": [0, 59]} == data["inputs"][0]
    with placing.staged(found, ROOT) as file:
        model = Model.model_validate(neutral({**data, **manifest.files(found, file, ROOT)}))
        folders = {models.bring(made, print).parent for made in model.files().values()}
        (folder,) = folders
        try:
            trials = tried(
                {**data, **manifest.files(found, file, ROOT)}, {"onnx": folder / "model.onnx"}, "onnxruntime"
            )
            assert trials[0].runs, trials[0].why
            assert json.loads((folder / "facts.json").read_text())["off"]["onnx"] < 1e-3
            (file.parent / "model.safetensors").write_bytes(b"others")
            models.forget(folder)
            with pytest.raises(BuildFailed, match="not what the manifest of own says"):
                models.bring(model.files()["onnx"], print)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
