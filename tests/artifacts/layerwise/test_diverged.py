"""Two runs of one model layer by layer: what is planted is named, whatever nodes are called."""

import copy
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from flows import cli, diverge, zoo
from tasks import ROOT, check
from tasks.artifacts import models
from tasks.artifacts.layerwise.diverged import diverged, off
from tasks.artifacts.layerwise.doubled import InDouble
from tasks.artifacts.layerwise.matched import matched
from tasks.artifacts.layerwise.pieces import graph_of, in_groups, piece
from tasks.artifacts.networks.patchnet import patchnet
from tasks.artifacts.onnx_writer import to_onnx
from tasks.artifacts.store import fetch
from tasks.errors import Refused
from tasks.results.measurement import Check
from tests.artifacts.own_models import FLOAT, value
from tests.predictors.real_stacks import LARGE

SHAPE = (2, 3, 64, 64)


def arrays() -> dict[str, Any]:
    """Weights that tell samples apart, from a seed."""
    random = np.random.default_rng(0)
    made = {n: random.normal(0, 0.2, s).astype(np.float32) for n, s in patchnet(9).parameters().items()}
    return {name: np.abs(array) + 0.05 if name.endswith("running_var") else array for name, array in made.items()}


def model() -> Any:
    """ONNX of a layer table: conv1, bn1, relu1, conv2, …"""
    return to_onnx(patchnet(9), arrays())


def planted(epsilon: float = 1e-2, name: str = "bn3", of: Any = None) -> Any:
    """The same with another epsilon in one normalisation."""
    wrong = copy.deepcopy(of or model())
    (node,) = [node for node in wrong.graph.node if node.name == name]
    del node.attribute[:]
    node.attribute.append(helper.make_attribute("epsilon", epsilon))
    return wrong


def renamed(model: Any) -> Any:
    """Nodes and values called otherwise, and an Identity that changes nothing."""
    new: dict[str, str] = {}
    for place, node in enumerate(model.graph.node):
        node.name = f"op_{place}"
        node.input[:] = [new.get(name, name) for name in node.input]
        for k, name in enumerate(node.output):
            new[name] = name if name == "logits" else f"val_{place}_{k}"
        node.output[:] = [new[name] for name in node.output]
    first = model.graph.node[1]
    model.graph.node.insert(1, helper.make_node("Identity", [first.input[0]], ["same"]))
    model.graph.node[2].input[0] = "same"
    return model


def pictures() -> Any:
    return np.random.default_rng(1).uniform(-2, 2, SHAPE).astype(np.float32)


def compared(one: Any, other: Any, allowed: float = 1e-3) -> Any:
    sides = [(graph_of(m), InDouble()) for m in (one, other)]
    return diverged(sides[0], sides[1], {"input": pictures()}, allowed)


def test_a_wrong_epsilon_in_the_middle_is_named_with_how_far_and_what_was_before() -> None:
    found = compared(planted(), model())
    assert found.first.name == "bn3" and found.first.op == "BatchNormalization" and found.before == 0.0
    said = found.sentence()
    assert re.fullmatch(
        r"bn3 \(BatchNormalization, output bn3\) differs by \d\.\de-0\d of a deviation, allowed 0\.001; "
        r"everything before it agrees within 0\.0e\+00\.",
        said,
    )


@pytest.mark.parametrize("swapped", [False, True])
def test_it_is_found_though_nothing_is_called_the_same(swapped: bool) -> None:
    other = renamed(model())
    found = compared(*((other, planted()) if swapped else (planted(), other)))
    assert found.first.name == ("op_7" if swapped else "bn3") and found.unmatched == 0


def test_equal_models_agree_in_every_layer() -> None:
    found = compared(model(), renamed(model()))
    assert found.first is None and found.compared == 18 and found.before == 0.0
    assert found.sentence().startswith("Looked at one by one, all 18 layers agree")


def test_a_difference_within_the_tolerance_that_grows_is_traced_to_where_it_rises() -> None:
    nodes = [
        helper.make_node("Add", ["x", "little"], ["a"], name="shifts"),
        helper.make_node("Mul", ["a", "a"], ["b"], name="squares"),
        helper.make_node("Sub", ["b", "c"], ["y"], name="cancels"),
    ]

    def made(little: float) -> Any:
        held = [numpy_helper.from_array(np.float32([n]), name) for name, n in (("little", little), ("c", 1e4))]
        graph = helper.make_graph(nodes, "g", [value("x", FLOAT, 2, 4)], [value("y", FLOAT, 2, 4)], held)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)

    given = np.linspace(0, 3, 8, dtype=np.float32).reshape(2, 4)
    sides = [(graph_of(made(little)), InDouble()) for little in (0.0, 5e-4)]
    found = diverged(sides[0], sides[1], {"x": given}, 8e-4)
    assert found.first is not None and found.first.name == "squares"
    assert found.origin is not None and found.origin.name == "shifts"
    assert "the difference rises in shifts (Add, output a), to 5" in found.sentence()


def test_branches_that_read_the_same_are_told_apart_by_their_weights() -> None:
    weights = {name: np.random.default_rng(k).normal(size=(4, 4)).astype(np.float32) for k, name in enumerate("qkv")}

    def made(order: str, **changed: float) -> Any:
        nodes = [helper.make_node("MatMul", ["x", n], [f"{n}{order}"], name=f"{n}_of_{order}") for n in order]
        nodes.append(helper.make_node("Sum", [f"{n}{order}" for n in "qkv"], ["y"], name="sum"))
        held = [numpy_helper.from_array(weights[n] * np.float32(changed.get(n, 1)), n) for n in order]
        graph = helper.make_graph(nodes, "g", [value("x", FLOAT, 2, 4)], [value("y", FLOAT, 2, 4)], held)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)

    one, other = graph_of(made("qkv", k=1.5)), graph_of(made("vkq"))
    assert matched(one, other) == {"x": "x", "qqkv": "qvkq", "kqkv": "kvkq", "vqkv": "vvkq", "y": "y"}
    found = diverged((one, InDouble()), (other, InDouble()), {"x": np.ones((2, 4), np.float32)}, 1e-3)
    assert found.first is not None and found.first.name == "k_of_qkv"


def test_what_masks_is_masked_in_both_and_no_part_of_the_deviation() -> None:
    one = np.array([1.0, 2.0, -np.inf])
    assert off(one, np.array([1.0, 2.0, np.finfo(np.float32).min])) == 0.0
    assert off(one, np.array([1.0, 2.5, 3.0])) == np.inf and off(one[:2], one) == np.inf
    assert off(np.array([1.0, np.nan]), np.array([1.0, 2.0])) == np.inf


def test_a_piece_takes_what_a_graph_within_a_node_reads_outside() -> None:
    within = [
        helper.make_graph([helper.make_node(op, ["a", "w"], [op])], op, [], [value(op, FLOAT, 2)])
        for op in ("Add", "Sub")
    ]
    nodes = [
        helper.make_node("Mul", ["x", "x"], ["a"], name="squares"),
        helper.make_node("If", ["on"], ["y"], name="if", then_branch=within[0], else_branch=within[1]),
    ]
    held = [numpy_helper.from_array(np.ones(2, np.float32), "w")]
    inputs = [value("x", FLOAT, 2), value("on", onnx.TensorProto.BOOL)]
    whole = helper.make_graph(nodes, "g", inputs, [value("y", FLOAT, 2)], held)
    graph = graph_of(helper.make_model(whole, opset_imports=[helper.make_opsetid("", 13)], ir_version=8))
    alone = list(in_groups(graph.nodes, 1))
    part = piece(graph, alone[1], {"a": np.float32([4, 9]), "on": np.array(True), "other": np.zeros(1)})
    assert [v.name for v in part.graph.input] == ["a", "on"]
    assert InDouble().answers(part, {"a": np.float32([4, 9]), "on": np.array(True)})["y"].tolist() == [5.0, 10.0]


def test_the_evaluator_normalises_with_given_statistics_and_gathers_beyond_64_places() -> None:
    """Both are onnx's own mistakes: below opset 14 it mixes in the batch's statistics; numpy.choose takes 64."""
    norm = helper.make_node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y"], epsilon=0.0)
    values = {n: np.float32([k]) for n, k in (("s", 2), ("b", 1), ("m", 3), ("v", 4))}
    assert _ran(norm, {"x": np.float32([[5]]), **values})["y"].tolist() == [[3.0]]
    places = np.arange(99, -1, -1).reshape(1, 100)
    gather = helper.make_node("GatherElements", ["x", "i"], ["y"], axis=1)
    found = _ran(gather, {"x": np.arange(100, dtype=np.float32).reshape(1, 100), "i": places})["y"]
    assert (found == places).all()


def _ran(node: Any, given: dict[str, Any]) -> Any:
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in given.items()
    ]
    graph = helper.make_graph([node], "g", inputs, [onnx.ValueInfoProto(name="y")])
    return InDouble().answers(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), given)


def test_two_frameworks_agree_in_every_layer(onnxruntime: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert diverge.run(["patchnet", "software=onnxruntime", "software=pytorch"]) == 0
    assert capsys.readouterr().out.startswith("Looked at one by one, all 18 layers agree within ")


def test_a_changed_file_is_named_in_its_layer_by_the_command(
    onnxruntime: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = fetch(cli.composed(["+model=patchnet"]).artifact, ROOT)
    (tmp_path / "wrong.onnx").write_bytes(planted(of=onnx.load(source)).SerializeToString())
    assert diverge.run(["patchnet", str(tmp_path / "wrong.onnx")]) == 1
    named = r"bn3 \(BatchNormalization, output bn3\) differs by .* allowed 0\.005; .* agrees within \d\.\de-0[67]\."
    assert re.match(named, capsys.readouterr().out)
    assert diverge.run([str(tmp_path / "wrong.onnx"), str(source), "range.input=[-2,2]"]) == 1
    assert capsys.readouterr().out.startswith("bn3 (BatchNormalization, output bn3) differs by ")


def test_a_check_that_fails_names_the_layer(onnxruntime: Any) -> None:
    evaluation, seen = cli.composed(["+model=patchnet"]), Check("reference", False, "output «logits» differs")
    found = check._with_layer(evaluation, seen).sentence
    assert found.startswith("output «logits» differs. Looked at one by one, all 18 layers agree within ")
    kept = Check("reference", True, "fits")
    assert check._with_layer(evaluation, kept) is kept


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Give a model and software=<name>, or two ONNX files"),
        (["patchnet", "softwar=onnxruntime"], "There is no word «softwar». Did you mean software?"),
        (["patchnet", "software=litert"], "whose layers cannot be seen one by one"),
        (["patchnet", "software=served"], "whose layers cannot be seen one by one"),
        (["patchnet", "software=a", "software=b", "software=c"], "Give a model"),
        (["patchnet", "none.onnx"], "none.onnx is no ONNX file that can be read"),
    ],
)
def test_what_cannot_be_looked_at_is_a_sentence(words: list[str], said: str) -> None:
    with pytest.raises(Refused, match=said):
        diverge.run(words)


@LARGE
def test_an_export_that_goes_wrong_is_told_with_its_layer(tmp_path: Path) -> None:
    (model,) = zoo.chosen(["resnet18"])
    built = next(iter(model.files().values())).built
    assert built is not None
    (tmp_path / "build.json").write_text(json.dumps({"name": "resnet18", **models._request(built)}))
    words = ["-m", "tests.artifacts.planted", str(tmp_path / "build.json"), str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "tasks.stacks", str(models.LOCK), *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "node_Conv_294 (Conv, output getitem_3) differs by" in done.stderr.splitlines()[-1]
