"""The layer tables and what is written from them."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from tasks.artifacts.files import sha256_of
from tasks.artifacts.layers import OPERATORS, Network
from tasks.artifacts.networks.patchnet import patchnet
from tasks.artifacts.networks.resnet50 import resnet50
from tasks.artifacts.onnx_writer import to_onnx, write_onnx
from tasks.artifacts.stream import Arrays, seeded_weights
from tasks.errors import Refused

NETWORKS = pytest.mark.parametrize("network", [patchnet(9), resnet50(9)], ids=lambda network: network.name)


def zeros(network: Network) -> Arrays:
    return {name: np.zeros(shape, np.float32) for name, shape in network.parameters().items()}


def test_resnet50_has_the_published_number_of_parameters() -> None:
    assert resnet50(1000).size() == 25_557_032


def test_resnet50_has_the_names_of_torchvision() -> None:
    parameters = resnet50(1000).parameters()
    assert len(parameters) == 161 + 2 * 53
    assert parameters["conv1.weight"] == (64, 3, 7, 7)
    assert parameters["layer1.0.conv1.weight"] == (64, 64, 1, 1)
    assert parameters["layer1.0.downsample.0.weight"] == (256, 64, 1, 1)
    assert parameters["layer1.0.downsample.1.running_var"] == (256,)
    assert parameters["layer4.2.bn3.running_mean"] == (2048,)
    assert parameters["fc.weight"] == (1000, 2048)


def test_stride_is_in_the_middle_convolution() -> None:
    strides = {layer.name: layer.attributes["stride"] for layer in resnet50(9).layers if layer.op == "conv"}
    assert strides["layer2.0.conv1"] == 1
    assert strides["layer2.0.conv2"] == 2
    assert strides["layer2.0.downsample.0"] == 2


@NETWORKS
def test_every_layer_reads_what_an_earlier_one_wrote(network: Network) -> None:
    written = {"input"}
    for layer in network.layers:
        roles, attributes = OPERATORS[layer.op]
        assert set(layer.inputs) <= written
        assert set(layer.attributes) == set(attributes)
        assert len(layer.shapes) == len(roles)
        written.add(layer.output)
    assert "logits" in written
    assert len(written) == len(network.layers) + 1


def test_written_model_has_a_free_batch_and_no_metadata() -> None:
    model = to_onnx(patchnet(9), zeros(patchnet(9)))
    onnx.checker.check_model(model, full_check=True)
    (given,), (answer,) = model.graph.input, model.graph.output
    assert [d.dim_param or d.dim_value for d in given.type.tensor_type.shape.dim] == ["batch", 3, 64, 64]
    assert [d.dim_param or d.dim_value for d in answer.type.tensor_type.shape.dim] == ["batch", 9]
    assert (given.name, answer.name, model.opset_import[0].version, model.ir_version) == ("input", "logits", 13, 8)
    assert not model.metadata_props
    assert [tensor.name for tensor in model.graph.initializer] == list(patchnet(9).parameters())


def test_model_is_written_to_the_same_bytes_twice(tmp_path: Path) -> None:
    arrays = {**zeros(patchnet(9)), **seeded_weights(patchnet(9), seed=1)}
    for name in ("one.onnx", "two.onnx"):
        write_onnx(patchnet(9), dict(sorted(arrays.items(), reverse=name == "two.onnx")), tmp_path / name)
    assert sha256_of(tmp_path / "one.onnx") == sha256_of(tmp_path / "two.onnx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.onnx", "two.onnx"]


def test_missing_or_misshapen_parameter_is_named() -> None:
    arrays = dict(zeros(patchnet(9)))
    with pytest.raises(Refused, match=r"fc.weight has shape \(9, 96\), the layer table says \(5, 96\)"):
        to_onnx(patchnet(5), arrays)
    del arrays["conv1.weight"]
    with pytest.raises(Refused, match=r"needs the parameter conv1\.weight"):
        to_onnx(patchnet(9), arrays)
