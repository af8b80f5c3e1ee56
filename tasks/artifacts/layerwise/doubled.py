"""A piece of an ONNX graph in float64, by onnx's own reference evaluator: every weight, cast, and constant widened."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

from tasks.artifacts.layerwise.pieces import Values, as_arrays
from tasks.errors import Refused

NARROW = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16)


class BatchNormalization(OpRun):  # type: ignore[misc]  # onnx is untyped here
    """With the statistics that it is given; below opset 14 onnx's own mixes in those of the batch."""

    op_domain = ""

    def _run(self, x: Any, *own: Any, epsilon: float | None = None, **how: Any) -> tuple[Any, ...]:
        if how.get("training_mode"):
            raise ValueError("BatchNormalization in training mode")
        scale, bias, mean, variance = (array.reshape(-1, *[1] * (x.ndim - 2)) for array in own)
        return ((x - mean) / np.sqrt(variance + (1e-5 if epsilon is None else epsilon)) * scale + bias,)


class GatherElements(OpRun):  # type: ignore[misc]  # onnx is untyped here
    """Along one axis. onnx's own fails beyond 64 places."""

    op_domain = ""

    def _run(self, data: Any, indices: Any, axis: int | None = None) -> tuple[Any, ...]:
        axis = axis or 0
        shape = [size if place != axis else data.shape[axis] for place, size in enumerate(indices.shape)]
        part = data[tuple(slice(size) for size in shape)]
        return (np.take_along_axis(part, indices, axis),)


class InDouble:
    """Runs pieces in float64."""

    def answers(self, piece: onnx.ModelProto, given: Mapping[str, NDArray[Any]]) -> Values:
        """name → every value of the piece. Raises Refused for an operator that the evaluator does not know."""
        wide = onnx.ModelProto()
        wide.CopyFrom(piece)
        _widen(wide.graph)
        names = [value.name for value in wide.graph.output]
        feed = {name: widened(array) for name, array in given.items()}
        try:
            with np.errstate(all="ignore"):
                return as_arrays(
                    names, ReferenceEvaluator(wide, new_ops=[BatchNormalization, GatherElements]).run(names, feed)
                )
        except Exception as error:  # of whatever operator of the piece
            raise Refused(
                f"onnx's evaluator cannot run this in float64: {' '.join(str(error).split())[:300]}"
            ) from error


def widened(array: NDArray[Any]) -> NDArray[Any]:
    """Floating types as float64, others as they are."""
    floating = array.dtype.kind == "f" or array.dtype.name in ("bfloat16", "float16")
    return array.astype(np.float64) if floating else array


def _widen(graph: onnx.GraphProto) -> None:
    for tensor in graph.initializer:
        _tensor(tensor)
    for value in (*graph.input, *graph.output, *graph.value_info):
        if value.type.tensor_type.elem_type in NARROW:
            value.type.tensor_type.elem_type = TensorProto.DOUBLE
    _nodes(graph.node)


def _nodes(nodes: Iterable[onnx.NodeProto]) -> None:
    for node in nodes:
        if node.op_type == "Constant":
            _constant(node)
        for attribute in node.attribute:
            if attribute.name in ("to", "dtype") and attribute.i in NARROW:
                attribute.i = TensorProto.DOUBLE
            if attribute.HasField("t"):
                _tensor(attribute.t)
            for inner in [attribute.g] if attribute.type == onnx.AttributeProto.GRAPH else attribute.graphs:
                _widen(inner)


def _constant(node: onnx.NodeProto) -> None:
    """A Constant of plain numbers is float32 by definition: written as a tensor, which can be wider."""
    for attribute in list(node.attribute):
        if attribute.name in ("value_float", "value_floats"):
            value = np.array(onnx.helper.get_attribute_value(attribute), np.float64)
            del node.attribute[:]
            node.attribute.append(onnx.helper.make_attribute("value", numpy_helper.from_array(value)))


def _tensor(tensor: TensorProto) -> None:
    if tensor.data_type in NARROW:
        wide = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float64), tensor.name)
        tensor.CopyFrom(wide)
