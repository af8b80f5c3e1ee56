"""Every software answers every model as float64 does, in a real process of its real stack; nothing lists them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tasks.artifacts.layers import OPERATORS, Network
from tasks.artifacts.tables import write_table
from tasks.predictors import _operators
from tests.contracts import grid, reference


@pytest.mark.parametrize(("software", "model"), grid.CELLS)
def test_every_software_answers_as_float64_does(software: str, model: str) -> None:
    if why := grid.left_out(software, model):
        pytest.skip(why)
    answer, expected = grid.answer(software, model), grid.expected(model)
    precision = answer.effective["precision"]
    reference.difference(answer.outputs, expected, precision)
    decided = ~reference.tied(expected, precision)
    assert decided.mean() > 0.5, "ties nearly everywhere: these samples compare no predictions"
    assert (answer.outputs.argmax(1) == expected.argmax(1))[decided].all()


@pytest.mark.parametrize("model", grid.MODELS)
def test_a_wrong_epsilon_is_larger_than_the_tolerance(model: str) -> None:
    if "table" not in grid._formats(model):
        pytest.skip(f"{model} has no layer table, so that no reference can be computed")
    network, arrays = grid.table(model)
    wrong = reference.logits(_with_epsilon(network, 1e-3), arrays, grid.inputs(model)[:2])
    with pytest.raises(AssertionError, match="away from the float64 reference"):
        reference.difference(wrong, grid.expected(model)[:2], "float32")


def test_a_predictor_with_a_wrong_epsilon_is_caught(tmp_path: Path) -> None:
    network, arrays = grid.table("patchnet")
    write_table(_with_epsilon(network, 1e-3), arrays, tmp_path / "wrong.safetensors")
    asked = grid.evaluation("pytorch", "patchnet")
    answer = grid.asked_of(asked, tmp_path / "wrong.safetensors", grid.inputs("patchnet"))
    with pytest.raises(AssertionError, match="away from the float64 reference"):
        reference.difference(answer.outputs, grid.expected("patchnet"), "float32")


@pytest.mark.parametrize("constant_over", ["samples", "classes"])
def test_the_check_refuses_itself_where_the_reference_hardly_varies(constant_over: str) -> None:
    varied = np.random.default_rng(0).standard_normal((4, 1) if constant_over == "classes" else (1, 9))
    flat = np.broadcast_to(varied, (4, 9)) + 0.0
    with pytest.raises(AssertionError, match="an answer that fits proves nothing"):
        reference.difference(flat, flat, "float32")


def test_ties_are_samples_that_the_tolerance_cannot_decide() -> None:
    expected = np.array([[1.0, 0.0], [1.0, 1.0 - 1e-5], [0.0, 1.0]])
    assert reference.tied(expected, "float32").tolist() == [False, True, False]


def test_the_agent_knows_the_operators_of_the_layer_table() -> None:
    assert {op: row[1:3] for op, row in _operators.OPERATORS.items()} == dict(OPERATORS)


def _with_epsilon(network: Network, epsilon: float) -> Network:
    layers = [
        replace(layer, attributes={"epsilon": epsilon}) if layer.op == "batch_norm" else layer
        for layer in network.layers
    ]
    return replace(network, layers=tuple(layers))
