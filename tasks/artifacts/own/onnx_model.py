"""An ONNX file as data: its tensors, its opset, the rows of the tables that its whole numbers look up in, its weights.

Read with `onnx`'s own protobuf; nothing is run, and files with weights outside the model's folder are refused.
"""

import itertools
import math
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import onnx
from google.protobuf.message import DecodeError
from onnx import AttributeProto, TensorProto, numpy_helper

from tasks.artifacts.own.found import Found, Port, Size
from tasks.errors import Refused

TYPES = {
    TensorProto.FLOAT: "float32", TensorProto.FLOAT16: "float16", TensorProto.DOUBLE: "float64",
    TensorProto.UINT8: "uint8", TensorProto.INT8: "int8", TensorProto.INT16: "int16", TensorProto.INT32: "int32",
    TensorProto.INT64: "int64", TensorProto.BOOL: "bool",
}  # fmt: skip
WHOLE, FEW = (TensorProto.INT32, TensorProto.INT64), 100_000
# What a whole number may go through on its way to a table without becoming another one.
THROUGH = {
    "Cast",
    "Identity",
    "Reshape",
    "Squeeze",
    "Unsqueeze",
    "Flatten",
    "Transpose",
    "Expand",
    "Slice",
    "Split",
    "Gather",
}


def read(path: Path) -> Found:
    """What the file says. Raises Refused."""
    model = _parsed(path)
    graph = model.graph
    tensors = list(_weights(model))
    own = {tensor.name for tensor in graph.initializer}
    readers = _readers(graph)
    tables = {t.name: tuple(t.dims) for t in graph.initializer} | _unpacked(graph)
    steps = {t.name: t for t in graph.initializer if t.data_type in WHOLE and math.prod(t.dims) < FEW}
    given = [value for value in graph.input if value.name not in own]
    inputs = tuple(_input(path, value, readers, tables, steps) for value in given)
    outputs, left = _outputs(graph.output)
    if not inputs or not outputs:
        raise Refused(f"{path} has {'no input' if not inputs else 'no output that is a tensor of numbers'}.")
    remarks = [f"the output «{name}» is {what}, which is not measured, and left out" for name, what in left]
    return Found(
        *("onnx", path, inputs, outputs), tuple(_beside(path, tensors)), tuple(_facts(model, tensors)), tuple(remarks)
    )


def _parsed(path: Path) -> Any:
    try:
        model = onnx.load_model(str(path), format="protobuf", load_external_data=False)
    except (DecodeError, ValueError, OSError) as error:
        model, why = None, str(error)
    else:
        why = "its graph is empty"
    if model is None or not model.ir_version or not model.graph.node or not model.opset_import:
        raise Refused(
            f"{path} is no model that is known here, by its bytes: neither ONNX ({why[:120]}) nor a TFLite, Keras, "
            "or .pt2 file. Give one of these, or the folder of a SavedModel."
        )
    return model


def _facts(model: Any, tensors: Iterable[Any]) -> Iterator[str]:
    for imported in model.opset_import:
        yield f"opset {imported.version}" if not imported.domain else f"{imported.domain} {imported.version}"
    numbers = sum(math.prod(tensor.dims) for tensor in tensors)
    yield f"{numbers / 1e6:.3g} M parameters" if numbers >= 1e5 else f"{numbers} parameters"
    if model.producer_name:
        yield f"written by {model.producer_name} {model.producer_version}".strip()


def _input(
    path: Path, value: Any, readers: dict[str, list[Any]], tables: dict[str, tuple[int, ...]], steps: dict[str, Any]
) -> Port:
    kind = value.type.WhichOneof("value")
    dtype = TYPES.get(value.type.tensor_type.elem_type) if kind == "tensor_type" else None
    if dtype is None:
        what = kind.removesuffix("_type") if kind and kind != "tensor_type" else _type_name(value)
        raise Refused(
            f"{path}: the input «{value.name}» is a {what}, and what is measured here is fed tensors of numbers. "
            "Export the model without the part that makes numbers of it."
        )
    rows = _rows(value.name, readers, tables, steps) if dtype in ("int32", "int64") else None
    values, why = ((0, rows - 1), f"the table that it looks up in has {rows} rows") if rows else (None, "")
    return Port(value.name, _shape(value), dtype, values, why)


def _outputs(values: Iterable[Any]) -> tuple[tuple[Port, ...], list[tuple[str, str]]]:
    kept, left = [], []
    for value in values:
        kind = value.type.WhichOneof("value")
        if kind == "tensor_type" and value.type.tensor_type.elem_type in TYPES:
            kept.append(Port(value.name, _shape(value), TYPES[value.type.tensor_type.elem_type]))
        else:
            what = kind.removesuffix("_type") if kind and kind != "tensor_type" else _type_name(value)
            left.append((value.name, f"a {what}"))
    return tuple(kept), left


def _type_name(value: Any) -> str:
    return f"tensor of {TensorProto.DataType.Name(value.type.tensor_type.elem_type).lower()}"


def _shape(value: Any) -> tuple[Size, ...] | None:
    tensor = value.type.tensor_type
    return tuple(_size(dim) for dim in tensor.shape.dim) if tensor.HasField("shape") else None


def _size(dim: Any) -> Size:
    return int(dim.dim_value) if dim.dim_value > 0 else dim.dim_param or None


def _readers(graph: Any) -> dict[str, list[Any]]:
    """Value → the nodes that read it, in the main graph."""
    found: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            found.setdefault(name, []).append(node)
    return found


def _unpacked(graph: Any) -> dict[str, tuple[int, ...]]:
    """Tables that reach their look-up through one node: quantised, cast, or passed on."""
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    kinds = ("DequantizeLinear", "Cast", "Identity")
    return {n.output[0]: shapes[n.input[0]] for n in graph.node if n.op_type in kinds and n.input[0] in shapes}


def _rows(
    name: str, readers: dict[str, list[Any]], tables: dict[str, tuple[int, ...]], steps: dict[str, Any]
) -> int | None:
    """The rows of the smallest table that this input's values are positions in.

    Where several columns share one table, each has rows of its own behind a number that is added: the first such step
    tells how many.
    """
    found, seen, queue = [], set(), [name]
    while queue:
        value = queue.pop()
        seen.add(value)
        for node in readers.get(value, []):
            if node.op_type == "Gather" and len(node.input) > 1 and node.input[1] == value and node.input[0] in tables:
                axis = next((a.i for a in node.attribute if a.name == "axis"), 0)
                found += [tables[node.input[0]][axis]] if tables[node.input[0]] else []
            elif node.op_type == "Add" and (other := next((i for i in node.input if i in steps), None)):
                queue += [out for out in node.output if out not in seen]
                found += _own_rows(steps[other])
            elif node.op_type in THROUGH and node.input[0] == value:
                queue += [out for out in node.output if out not in seen]
    return min(found) if found else None


def _own_rows(steps: Any) -> list[int]:
    """From 0, 1000, 1500, …: the least distance, which every column has at least."""
    starts = sorted({int(number) for number in numpy_helper.to_array(steps).ravel()})
    return [min(b - a for a, b in itertools.pairwise(starts))] if len(starts) > 1 else []


def _weights(model: Any) -> Iterator[Any]:
    """Every tensor with values of its own: initializers and constants, in graphs inside nodes and in functions too."""
    graphs = [model.graph, *model.functions]
    while graphs:
        graph = graphs.pop()
        yield from getattr(graph, "initializer", ())
        for attribute in (a for node in graph.node for a in node.attribute):
            if attribute.type == AttributeProto.TENSOR:
                yield attribute.t
            elif attribute.type == AttributeProto.GRAPH:
                graphs.append(attribute.g)
            graphs += attribute.graphs


def _beside(path: Path, tensors: Iterable[Any]) -> list[str]:
    """The files that hold weights, relative to the model's folder; each is inside it, and long enough."""
    needed: dict[str, int] = {}
    for tensor in tensors:
        if tensor.data_location == TensorProto.EXTERNAL:
            said = {entry.key: entry.value for entry in tensor.external_data}
            place, length = said.get("location", ""), int(said.get("length") or 0)
            needed[place] = max(needed.get(place, 0), int(said.get("offset") or 0) + length)
    for place, length in needed.items():
        _require_inside(path, place, length)
    return sorted(needed)


def _require_inside(path: Path, place: str, length: int) -> None:
    pure, folder = PurePosixPath(place), path.resolve().parent
    file = folder / place
    if not place or pure.is_absolute() or ".." in pure.parts or "\\" in place or not _within(file, folder):
        raise Refused(
            f"{path} keeps weights in «{place}», which is outside its folder. Save it again with its weights beside "
            "it: onnx.save(model, path, save_as_external_data=True)."
        )
    if not file.is_file():
        raise Refused(f"{path} keeps weights in {place}, and that file is not beside it. Place it there.")
    if file.stat().st_size < length:
        raise Refused(f"{path} needs {length} bytes of {place}, which has {file.stat().st_size}. Fetch it again.")


def _within(file: Path, folder: Path) -> bool:
    """Whether it lies in the folder, links followed."""
    return file.resolve().is_relative_to(folder)
