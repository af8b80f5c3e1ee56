"""Layer table + arrays → ONNX, the same bytes every time.

Opset 13, IR 8, batch dimension «batch», input «input», output «logits», initialisers in table order as raw
little-endian float32, no metadata. Nothing is folded or fused. Knows no framework.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from tasks.artifacts.files import written
from tasks.artifacts.layers import Layer, Network
from tasks.artifacts.stream import Arrays
from tasks.errors import Refused

OPSET, IR_VERSION = 13, 8
KINDS = {
    "conv": "Conv",
    "batch_norm": "BatchNormalization",
    "relu": "Relu",
    "max_pool": "MaxPool",
    "add": "Add",
    "global_average_pool": "GlobalAveragePool",
    "flatten": "Flatten",
    "linear": "Gemm",
}


def to_onnx(network: Network, arrays: Arrays) -> onnx.ModelProto:
    """The checked model. Raises Refused where a parameter is missing or has another shape."""
    graph = helper.make_graph(
        [_node(layer) for layer in network.layers],
        network.name,
        [_value("input", network.input_shape)],
        [_value("logits", (network.classes,))],
        [_tensor(network, name, shape, arrays) for name, shape in network.parameters().items()],
    )
    model = onnx.ModelProto(ir_version=IR_VERSION, producer_name="touchstone", graph=graph)
    model.opset_import.add(domain="", version=OPSET)
    onnx.checker.check_model(model, full_check=True)
    return model


def write_onnx(network: Network, arrays: Arrays, path: Path) -> None:
    """Put the model at ``path``, whole or not at all."""
    written(path, to_onnx(network, arrays).SerializeToString(deterministic=True))


def _value(name: str, shape: tuple[int, ...]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape])


def _tensor(network: Network, name: str, shape: tuple[int, ...], arrays: Arrays) -> TensorProto:
    if name not in arrays:
        raise Refused(f"{network.name} needs the parameter {name}, which the weights do not hold.")
    array = arrays[name]
    if array.shape != shape:
        raise Refused(f"{network.name}: {name} has shape {array.shape}, the layer table says {shape}.")
    raw = np.ascontiguousarray(array, dtype="<f4").tobytes()
    return TensorProto(name=name, dims=shape, data_type=TensorProto.FLOAT, raw_data=raw)


def _node(layer: Layer) -> onnx.NodeProto:
    node = onnx.NodeProto(name=layer.name, op_type=KINDS[layer.op], output=[layer.output])
    node.input.extend([*layer.inputs, *layer.parameters])
    node.attribute.extend(_attributes(layer))
    return node


def _attributes(layer: Layer) -> list[onnx.AttributeProto]:
    match layer.op:
        case "conv" | "max_pool":
            kernel, stride, padding = (int(layer.attributes[key]) for key in ("kernel", "stride", "padding"))
            named = {"kernel_shape": [kernel] * 2, "pads": [padding] * 4, "strides": [stride] * 2}
            return [helper.make_attribute(name, value) for name, value in named.items()]
        case "batch_norm":
            return [helper.make_attribute("epsilon", float(layer.attributes["epsilon"]))]
        case "flatten":
            return [helper.make_attribute("axis", 1)]
        case "linear":
            return [helper.make_attribute("transB", 1)]
        case _:
            return []
