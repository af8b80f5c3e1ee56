"""The MXNet predictor: what it refuses without MXNet, and what it does with it."""

import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tasks.artifacts.zips import packed
from tasks.errors import TouchstoneError
from tasks.predictors._mxnet_file import _declared
from tasks.predictors.base import Setup
from tasks.predictors.mxnet import Predictor
from tests.artifacts.every_operator import batch
from tests.predictors.real_stacks import LARGE, done, failure, predicted

NAME = "mxnet"
GRAPH = {"nodes": [{"op": "null", "name": "input", "inputs": []}], "arg_nodes": [0], "heads": [[0, 0, 0]]}


def refusal(path: Path) -> str:
    tensor = {"name": "input", "shape": ["batch", 3, 8, 8], "dtype": "float32"}
    with pytest.raises(TouchstoneError) as caught:
        Predictor(subgraph="none", static_memory=False).load(path, Setup("cpu", 1, 1, [tensor], []))
    return str(caught.value)


def test_a_pickle_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    path.write_bytes(pickle.dumps({"weights": 1}))
    assert "is not a whole ZIP" in refusal(path)


def test_another_archive_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    path.write_bytes(packed({"data.pkl": b"", "version": b"3"}))
    assert refusal(path) == "model.zip holds data.pkl, version instead of symbol.json and weights.params."


@pytest.mark.parametrize("operator", ["Custom", "_Native"])
def test_operators_that_run_code_are_refused(operator: str, tmp_path: Path) -> None:
    graph = json.dumps({**GRAPH, "nodes": [{"op": operator, "name": "x", "inputs": []}]})
    path = tmp_path / "model.zip"
    path.write_bytes(packed({"symbol.json": graph.encode(), "weights.params": b""}))
    assert f"has the operator {operator}, which runs code" in refusal(path)


def test_what_is_no_graph_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    path.write_bytes(packed({"symbol.json": b"[1, 2]", "weights.params": b""}))
    assert refusal(path) == "model.zip: symbol.json is not a graph of MXNet."


@LARGE
def test_a_truncated_file_is_a_sentence(every: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(every.read_bytes()[:2000])
    assert "cut.zip is not a whole ZIP of symbol.json and weights.params" in failure(NAME, cut, batch())


@LARGE
def test_truncated_weights_are_a_sentence(every: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(every) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    cut = tmp_path / "cut.zip"
    for weights in (members["weights.params"][:1000], pickle.dumps({"arg:x": 1})):
        cut.write_bytes(packed({**members, "weights.params": weights}))
        assert "MXNet 1.9.1 cannot load cut.zip" in failure(NAME, cut, batch())


@LARGE
def test_a_wrong_input_shape_is_a_sentence(every: Path) -> None:
    assert "and ['batch', 3, 17, 17] in the model file" in failure(NAME, every, batch()[:, :, :16, :16])


@LARGE
@pytest.mark.parametrize("threads", [1, 2])
def test_the_threads_that_are_asked_for_are_used(every: Path, threads: int) -> None:
    _, effective, process = predicted(NAME, every, batch(), threads)
    done(process)
    assert effective["intra_threads"] == threads and effective["version"] == "1.9.1"
    assert {"MKLDNN", "OPENMP"} <= set(effective["build"].split(", "))


@LARGE
def test_options_change_the_graph_and_not_the_answers(every: Path) -> None:
    fused, _, _ = predicted(NAME, every, batch(), subgraph="MKLDNN", static_memory=True)
    plain, _, _ = predicted(NAME, every, batch(), subgraph="none", static_memory=False)
    assert abs(fused - plain).max() < 1e-4


@pytest.mark.parametrize(
    ("shape", "expected"), [("(0,)", ["batch"]), ("(0, 3, 8)", ["batch", 3, 8]), ("(1,)", [1]), (None, ["batch", 5])]
)
def test_a_shape_is_read_as_the_graph_says_it_with_one_dimension_too(shape: str | None, expected: list[Any]) -> None:
    attributes = {"__dtype__": "6", **({"__shape__": shape} if shape else {})}
    assert _declared(attributes, {"shape": ["batch", 5], "dtype": "int64"}) == (expected, "int64")
