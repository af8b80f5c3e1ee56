"""The user's own model: what its bytes are, what is read and decided, and what is refused in one sentence."""

import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from onnx import TensorProto, helper, load

from tasks.artifacts.own import kinds, manifest, placing
from tasks.artifacts.own.answers import Answers, heard, plain
from tasks.artifacts.own.found import Found
from tasks.artifacts.own.inputs import Described, described
from tasks.artifacts.own.reading import read
from tasks.errors import Refused
from tests.artifacts.own_models import (
    FLOAT,
    LONG,
    doubled,
    embedded,
    external,
    keras_file,
    layer,
    onnx_file,
    saved_model,
    value,
)


def found(path: Path) -> Found:
    return read(path, kinds.kind_of(path))


def decided(path: Path, *words: str) -> Described:
    return described(found(path), heard(words))


def refused(path: Path, *words: str) -> str:
    with pytest.raises(Refused) as caught:
        decided(path, *words)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def torch_file(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
        archive.writestr("archive/version", "3")
    return path


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (pickle.dumps({"weights": 1}), "is pickled"),
        (b"\x80\x02}q\x00.", "is pickled"),
        (b"x\x9c\x00\x01", "is pickled"),
        (b"\x89HDF\r\n\x1a\n0000", "model.save('model.keras')"),
        (b"GGUF\x03\x00\x00\x00", "llama.cpp"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (b'<?xml version="1.0"?><net>', "OpenVINO's own format"),
        (b'\x10\x00\x00\x00\x00\x00\x00\x00{"a":{"dtype":1}}', "holds weights (safetensors) and no architecture"),
        (b"", "is empty"),
        (b"just some words that are no model", "neither ONNX"),
        (b"PK\x03\x04 cut off", "damaged ZIP"),
    ],
)
def test_what_is_no_model_is_told_by_its_bytes_whatever_its_suffix(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "model.onnx").write_bytes(data)
    assert said in refused(tmp_path / "model.onnx")


def test_a_pickle_is_refused_before_anything_opens_it(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "opened",)

    (tmp_path / "model.pt").write_bytes(pickle.dumps(Bomb()))
    assert "torch.export" in refused(tmp_path / "model.pt") and "skl2onnx" not in refused(tmp_path / "model.pt")
    assert "TorchScript" not in refused(torch_file(tmp_path / "model.pth"))
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "config.json").write_text("{}")
    torch_file(tmp_path / "hub" / "pytorch_model.bin")
    assert "save_pretrained" in refused(tmp_path / "hub")
    assert not (tmp_path / "opened").exists()


def test_the_suffix_says_nothing(tmp_path: Path) -> None:
    assert found(doubled(tmp_path / "model.pth", "batch", 3)).format == "onnx"


def test_a_missing_path_and_a_folder_without_a_model_say_what_to_give(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "none.onnx")
    doubled(tmp_path / "a.onnx", "batch", 3)
    assert "It holds a.onnx: give one of them" in refused(tmp_path)


def hub(folder: Path, **config: Any) -> Path:
    """A folder of transformers without weights."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def test_a_folder_of_transformers_says_architecture_ids_and_outputs(tmp_path: Path) -> None:
    model = found(
        hub(tmp_path, architectures=["BertForSequenceClassification"], vocab_size=99, max_position_embeddings=64)
    )
    assert [(p.name, p.shape, p.values) for p in model.inputs] == [("input_ids", ("batch", 64), (0, 98))]
    assert [p.name for p in model.outputs] == ["logits"] and model.beside == ("model.safetensors",)
    picture = found(hub(tmp_path, architectures=["ViTModel"], image_size=32))
    assert picture.inputs[0].shape == ("batch", 3, 32, 32) and picture.outputs[0].name == "last_hidden_state"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "names no architecture"),
        (
            {"architectures": ["MyForCausalLM"], "vocab_size": 9, "auto_map": {"AutoModel": "code.My"}},
            "code of its own",
        ),
        ({"architectures": ["WhisperForAudio"], "vocab_size": 9}, "is not known here"),
        ({"architectures": ["Wav2Vec2ForCTC"]}, "neither vocab_size nor image_size"),
    ],
)
def test_what_transformers_has_and_is_not_known_here_says_how_to_export_it(
    tmp_path: Path, config: dict[str, Any], said: str
) -> None:
    sentence = refused(hub(tmp_path, **config))
    assert said in sentence and "optimum-cli export onnx" in sentence


def test_an_onnx_file_says_tensors_opset_and_the_rows_of_its_tables(tmp_path: Path) -> None:
    model = found(embedded(tmp_path / "m.onnx", rows=50))
    assert [(p.name, p.shape, p.dtype) for p in model.inputs] == [
        ("input_ids", ("batch", "sequence"), "int64"),
        ("attention_mask", ("batch", "sequence"), "int64"),
    ]
    assert [(p.name, p.shape, p.dtype) for p in model.outputs] == [("mean", ("batch", 4), "float32")]
    assert model.inputs[0].values == (0, 49) and model.inputs[1].values is None
    assert model.facts[:2] == ("opset 17", "201 parameters")


def test_several_columns_in_one_table_have_the_rows_behind_their_own_step(tmp_path: Path) -> None:
    nodes = [helper.make_node("Add", ["ids", "steps"], ["at"]), helper.make_node("Gather", ["table", "at"], ["y"])]
    weights = {"table": np.ones((30, 2), np.float32), "steps": np.array([0, 10, 18])}
    path = onnx_file(
        tmp_path / "m.onnx", nodes, [value("ids", LONG, "batch", 3)], [value("y", FLOAT, "batch", 3, 2)], weights
    )
    assert found(path).inputs[0].values == (0, 7)


def test_free_dimensions_get_a_number_that_is_said_with_the_word_that_changes_it(tmp_path: Path) -> None:
    path = embedded(tmp_path / "m.onnx")
    made = decided(path)
    assert [t["shape"] for t in made.inputs] == [["batch", 128], ["batch", 128]]
    assert [t["range"] for t in made.inputs] == [[0, 49], [1, 1]]
    told = [s for s in made.chosen if "sequence" in s]
    assert told == ["sequence of «input_ids» is free: 128; another: shape.input_ids=[batch,<sequence>]"]
    other = decided(path, "shape.input_ids=[batch,16]", "shape.attention_mask=[batch,16]")
    assert [t["shape"] for t in other.inputs] == [["batch", 16], ["batch", 16]]


@pytest.mark.parametrize(
    ("shape", "words", "wanted", "alone"),
    [
        (("batch", 3), [], ["batch", 3], None),
        ((None, 3), [], ["batch", 3], None),
        ((1, 3, 8, 8), [], ["batch", 3, 8, 8], 1),
        ((5, "batch", 3), [], [5, "batch", 3], None),
        (("seq_len", "batch", 3), [], [128, "batch", 3], None),
        ((5, 3), [], [5, 3], None),
        ((5, None, 3), ["batch=1"], [5, "batch", 3], None),
        (("time", 3), ["batch=none"], [128, 3], None),
        (("batch", 3, "height", "width"), [], ["batch", 3, 224, 224], None),
        ((), [], [], None),
    ],
)
def test_which_dimension_counts_samples(
    tmp_path: Path, shape: Any, words: list[str], wanted: list[Any], alone: int | None
) -> None:
    made = decided(doubled(tmp_path / "m.onnx", *shape), *words)
    assert (made.inputs[0]["shape"], made.batch) == (wanted, alone)
    assert len(made.inputs[0]["layout"]) == len(wanted)


@pytest.mark.parametrize(("shape", "word"), [((5, None, 3), "batch=1"), (("time", 3), "batch=none")])
def test_a_dimension_that_could_be_any_is_asked_for_with_the_words(tmp_path: Path, shape: Any, word: str) -> None:
    assert word in refused(doubled(tmp_path / "m.onnx", *shape))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["batch=0"], "fixes this dimension to 5"),
        (["batch=7"], "no input of"),
        (["batch=first"], "give the number of the dimension"),
        (["shape.x=[4,3]"], "does not fit the file, which says [5,3]"),
        (["shape.x=[batch,3]"], "does not fit the file"),
        (["shape.x=5,3"], "give a list"),
        (["shape.x=[-1,3]"], "sizes above 0"),
        (["shape.y=[5,3]"], "There is no input «y»"),
        (["range.x=[1,0]"], "is empty"),
        (["range.x=[1]"], "smallest and the largest"),
        (["modality=sight"], "There is no modality «sight»"),
        (["nmae=x"], "Did you mean name"),
        (["name=../x"], "make a name"),
        (["name=null"], "make a name"),
        (["name=1e5"], "make a name"),
        (["force=yes"], "true or false"),
    ],
)
def test_a_word_that_is_none_is_a_sentence(tmp_path: Path, words: list[str], said: str) -> None:
    assert said in refused(doubled(tmp_path / "m.onnx", 5, 3), *words)


@pytest.mark.parametrize(
    ("stem", "name"),
    [("My Model.v2", "my_model_v2"), ("1e5", "my_1e5"), ("null", "my_null"), ("…", "my"), ("ünet", "net")],
)
def test_a_name_from_a_file_is_one_that_hydra_takes_as_a_text(stem: str, name: str) -> None:
    assert plain(stem) == name


def test_a_range_that_leaves_the_table_is_refused(tmp_path: Path) -> None:
    assert "50 rows" in refused(embedded(tmp_path / "m.onnx"), "range.input_ids=[0,50]")
    assert decided(embedded(tmp_path / "m.onnx"), "range.input_ids=[5,9]").inputs[0]["range"] == [5, 9]


def test_inputs_that_hold_no_numbers_are_refused_and_such_outputs_left_out(tmp_path: Path) -> None:
    text = onnx_file(tmp_path / "t.onnx", [helper.make_node("Identity", ["x"], ["y"])],
                     [value("x", TensorProto.STRING, "batch")], [value("y", TensorProto.STRING, "batch")])  # fmt: skip
    assert "is a tensor of string" in refused(text)
    nodes = [helper.make_node("Add", ["x", "x"], ["y"]), helper.make_node("SequenceConstruct", ["x"], ["all"])]
    several = helper.make_tensor_sequence_value_info("all", FLOAT, None)
    mixed = onnx_file(
        tmp_path / "s.onnx", nodes, [value("x", FLOAT, "batch", 3)], [value("y", FLOAT, "batch", 3), several]
    )
    model = found(mixed)
    assert [p.name for p in model.outputs] == ["y"] and "«all» is a sequence" in model.remarks[0]


@pytest.mark.parametrize("location", ["../weights.bin", "/etc/passwd", "a/../../weights.bin", "link.bin", ""])
def test_weights_outside_the_models_folder_are_refused(tmp_path: Path, location: str) -> None:
    (tmp_path / "weights.bin").write_bytes(bytes(36))
    path = external(tmp_path / "model" / "m.onnx", location)
    (path.parent / "link.bin").symlink_to(tmp_path / "weights.bin")
    assert "outside its folder" in refused(path)


def test_weights_beside_the_model_are_counted_pinned_and_brought_along(tmp_path: Path) -> None:
    path = external(tmp_path / "model" / "m.onnx", "data/w.bin")
    assert "not beside it" in refused(path)
    (path.parent / "data").mkdir()
    (path.parent / "data" / "w.bin").write_bytes(bytes(20))
    assert "36 bytes" in refused(path)
    (path.parent / "data" / "w.bin").write_bytes(bytes(36))
    model = found(path)
    assert model.beside == ("data/w.bin",) and model.size_bytes == path.stat().st_size + 36
    with placing.staged(model, tmp_path) as file:
        home = placing.settled(file, "mine", tmp_path)
    assert home == tmp_path / "artifacts" / "models" / "mine" / "model.onnx"
    block = manifest.files(model, home, tmp_path)["artifacts"]["own"]["onnx"]
    assert list(block["beside"]) == ["data/w.bin"] and (home.parent / "data" / "w.bin").read_bytes() == bytes(36)


def test_a_copy_is_its_own_so_that_a_later_export_changes_nothing(tmp_path: Path) -> None:
    path = doubled(tmp_path / "m.onnx", "batch", 3)
    before = path.read_bytes()
    with placing.staged(found(path), tmp_path) as file:
        home = placing.settled(file, "mine", tmp_path)
    path.write_bytes(b"another export")
    assert home.read_bytes() == before and not list((tmp_path / "artifacts" / "models").glob(".*"))


def test_nothing_is_left_where_the_block_fails(tmp_path: Path) -> None:
    model = found(doubled(tmp_path / "m.onnx", "batch", 3))
    with pytest.raises(Refused), placing.staged(model, tmp_path):
        raise Refused("no software runs it")
    assert not list((tmp_path / "artifacts" / "models").iterdir())


def test_what_a_killed_process_left_goes_after_a_day_and_what_another_one_stages_stays(tmp_path: Path) -> None:
    model = found(doubled(tmp_path / "m.onnx", "batch", 3))
    old, new = (tmp_path / "artifacts" / "models" / f".adding-{name}" for name in ("old", "new"))
    for folder in (old, new):
        (folder / "model").mkdir(parents=True)
    os.utime(old, (0, 0))
    with placing.staged(model, tmp_path):
        assert not old.exists() and new.exists()


def test_the_text_of_a_manifest_reads_back_as_its_fields(tmp_path: Path) -> None:
    path = doubled(tmp_path / "m.onnx", 1, 3, 8, 8)
    made = decided(path)
    data = manifest.fields("mine", "m.onnx", found(path), made, Answers())
    data["defaults"] = manifest.default_software("openvino")
    data["artifacts"] = {"own": {"onnx": {"path": "artifacts/models/mine/model.onnx", "sha256": "0" * 64}}}
    text = manifest.text(data, "m.onnx")
    assert yaml.safe_load(text) == data and data["batch"] == 1
    assert {data[name] for name in ("modality", "preprocess", "postprocess", "heads")} == {"???"}
    (tmp_path / "mine.yaml").write_text(text)
    assert manifest.added_here(tmp_path / "mine.yaml")


def test_a_saved_model_says_its_signature_without_tensorflow(tmp_path: Path) -> None:
    model = found(saved_model(tmp_path / "m"))
    assert [(p.name, p.shape, p.dtype) for p in (*model.inputs, *model.outputs)] == [
        ("x", (None, 3), "float32"),
        ("y", (None, 2), "float32"),
    ]
    assert model.beside == ("variables/variables.index",)


@pytest.mark.parametrize("operator", ["PyFunc", "EagerPyFunc", "ReadFile", "WriteFile", "ImmutableConst", "RpcCall"])
def test_a_saved_model_that_reaches_beyond_itself_is_refused(tmp_path: Path, operator: str) -> None:
    assert operator in refused(saved_model(tmp_path / "m", ("MatMul", operator)))


def test_what_stores_may_be_where_loading_never_goes_and_nowhere_else(tmp_path: Path) -> None:
    assert found(saved_model(tmp_path / "good")).format == "saved_model"
    assert "SaveV2" in refused(saved_model(tmp_path / "serves", calls="SaveV2"))
    assert "MergeV2Checkpoints" in refused(saved_model(tmp_path / "main", ("MergeV2Checkpoints",)))
    assert "SaveV2" in refused(saved_model(tmp_path / "calls", calls="traced_save"))
    assert "of TensorFlow 1" in refused(saved_model(tmp_path / "old", old=True))


def test_one_file_of_a_saved_model_is_answered_with_its_folder(tmp_path: Path) -> None:
    assert f"give its folder, {tmp_path / 'm'}" in refused(saved_model(tmp_path / "m") / "saved_model.pb")


def test_a_saved_model_without_the_signature_or_cut_off_or_with_assets_is_a_sentence(tmp_path: Path) -> None:
    assert "it has predict" in refused(saved_model(tmp_path / "named", signature="predict"))
    cut = saved_model(tmp_path / "cut") / "saved_model.pb"
    cut.write_bytes(cut.read_bytes()[:-9])
    assert "cut off, or damaged" in refused(cut.parent)
    (saved_model(tmp_path / "assets") / "assets").mkdir()
    (tmp_path / "assets" / "assets" / "vocabulary.txt").write_text("a")
    assert "has assets" in refused(tmp_path / "assets")


def test_a_keras_file_says_its_layers_and_a_lambda_is_refused(tmp_path: Path) -> None:
    given = layer("InputLayer", "ids", batch_shape=[None, 12], dtype="int32")
    path = keras_file(tmp_path / "m.keras", given, layer("Embedding", "table", input_dim=40), layer("Dense", "out"))
    model = found(path)
    assert [(p.name, p.shape, p.dtype, p.values) for p in model.inputs] == [("ids", (None, 12), "int32", (0, 39))]
    assert [(p.name, p.dtype) for p in model.outputs] == [("out", "float32")]
    assert "«Lambda»" in refused(keras_file(tmp_path / "l.keras", given, layer("Lambda", "code")))
    assert "its first layer is Dense" in refused(keras_file(tmp_path / "d.keras", layer("Dense", "out")))


def test_a_model_of_mlflow_is_its_onnx_file_and_never_its_pickle(tmp_path: Path) -> None:
    doubled(tmp_path / "m" / "model.onnx", "batch", 3)
    said: dict[str, Any] = {
        "flavors": {"onnx": {"data": "model.onnx"}, "python_function": {"loader_module": "mlflow.onnx"}}
    }
    (tmp_path / "m" / "MLmodel").write_text(yaml.safe_dump(said))
    assert found(tmp_path / "m").format == "onnx"
    for flavours, answer in (
        ({"sklearn": {"pickled_model": "model.pkl"}}, "its flavour is sklearn, which MLflow pickles"),
        ({"onnx": {"data": "../../model.onnx"}}, "outside the model"),
        ({"pytorch": {"model_data": "data"}}, "its flavour is pytorch"),
    ):
        (tmp_path / "m" / "MLmodel").write_text(yaml.safe_dump({"flavors": flavours}))
        assert answer in refused(tmp_path / "m")


def test_external_weights_are_those_that_onnx_itself_reads(tmp_path: Path) -> None:
    path = external(tmp_path / "m.onnx", "w.bin")
    (tmp_path / "w.bin").write_bytes(np.ones((3, 3), np.float32).tobytes())
    with placing.staged(found(path), tmp_path) as file:
        (tensor,) = load(str(file)).graph.initializer
        assert np.frombuffer(tensor.raw_data, np.float32).tolist() == [1.0] * 9
