"""An ONNX file → a plain graph: `python -m tasks.artifacts.zoo.formats.plain BUILD.json FOLDER` writes graph.json and
constants.safetensors beside model.onnx.

Whatever does not depend on the inputs' values is computed once, at two sizes of the batch: what is equal in both is a
constant, what grows with the batch is the batch. So shapes are numbers with one free size, masks and positions are
arrays, and operators keep only what they compute. Runs in the environment of torch.lock.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from safetensors.numpy import save

from tasks.artifacts.files import written
from tasks.artifacts.zoo.command import ended
from tasks.artifacts.zoo.formats.fourier import as_products
from tasks.artifacts.zoo.formats.gathers import SIZES, Node, Runs, Seen, gathered
from tasks.artifacts.zoo.formats.gelu import fused
from tasks.artifacts.zoo.order import Order, read
from tasks.errors import Refused
from tasks.processing.synthetic import synthetic

GRAPH, CONSTANTS = "graph.json", "constants.safetensors"
SEED = 0
SHAPES = ("Shape", "Size")  # their answers depend on sizes alone
RESHAPES = ("Reshape", "Squeeze", "Unsqueeze", "Flatten")  # all one, once the shape is known
# operator → which of its inputs are numbers that say how, by their names
HOW: Mapping[str, Mapping[int, str]] = {
    "Reshape": {1: ""},
    "Squeeze": {1: ""},
    "Unsqueeze": {1: ""},
    "Expand": {1: ""},
    "Tile": {1: ""},
    "Slice": {1: "starts", 2: "ends", 3: "axes", 4: "steps"},
    "Split": {1: "split"},
    "Pad": {1: "pads", 2: "value", 3: "axes"},
    "Clip": {1: "min", 2: "max"},
    "Resize": {1: "", 2: "", 3: ""},
    "CumSum": {1: "axis"},
    "ReduceMean": {1: "axes"},
    "ReduceSum": {1: "axes"},
    "ReduceMax": {1: "axes"},
    "ReduceMin": {1: "axes"},
    "ReduceL2": {1: "axes"},
    "TopK": {1: "k"},
    "DFT": {1: "length", 2: "axis"},
}


@dataclass(frozen=True)
class Plain:
    """Nodes in order, and what they name.

    ``shapes``: name → sizes, where -k is k times the batch. ``constants`` of such a shape hold what repeats: the first
    k rows.
    """

    nodes: list[Node]
    shapes: dict[str, list[int]]
    types: dict[str, str]
    constants: dict[str, NDArray[Any]]


def write(order: Order, folder: Path) -> None:
    """Put both files beside model.onnx. Raises Refused."""
    plain = plain_of(order, onnx.load(folder / "model.onnx"))
    names = {kind: [str(tensor["name"]) for tensor in getattr(order, kind)] for kind in ("inputs", "outputs")}
    graph = {**names, "nodes": plain.nodes, "shapes": plain.shapes, "types": plain.types}
    written(folder / CONSTANTS, save({name: np.asarray(array, order="C") for name, array in plain.constants.items()}))
    written(folder / GRAPH, (json.dumps(graph, indent=1) + "\n").encode())


def plain_of(order: Order, model: Any) -> Plain:
    """The graph of a model, which has no other graphs within."""
    runs, names = _runs(order, model), {str(tensor["name"]) for tensor in order.outputs}
    still = _still(model, {str(tensor["name"]) for tensor in order.inputs})
    shapes = {name: _sizes(name, [run[name].shape for run in runs]) for name in runs[0] if name not in still}
    types = {name: run.dtype.name for name, run in runs[0].items() if name not in still}
    seen = Seen(runs, still, shapes)
    nodes: list[Node] = []
    for node in model.graph.node:
        if set(node.output) & set(shapes):
            nodes += gathered(_node(order, node, runs, still), nodes, seen)
    nodes = _alive(nodes, names)
    used = {name for node in nodes for name in node["inputs"]} & still | (names & still)
    constants = dict(seen.places)
    shapes |= {name: list(array.shape) for name, array in constants.items()}
    for name in sorted(used):
        constants[name], shapes[name] = _constant(name, [run[name] for run in runs])
    return Plain(as_products(fused(nodes, constants), shapes, constants), shapes, types, constants)


def _alive(nodes: Sequence[Node], wanted: set[str]) -> list[Node]:
    """Those whose answers are read."""
    wanted, found = set(wanted), list[Node]()
    for node in reversed(nodes):
        if wanted & set(node["outputs"]):
            found.append(node)
            wanted |= set(node["inputs"])
    return found[::-1]


def _runs(order: Order, model: Any) -> Runs:
    """Every value of the graph, at each size of the batch."""
    import onnxruntime

    whole = onnx.ModelProto()
    whole.CopyFrom(model)
    names = [name for node in model.graph.node for name in node.output if name]
    del whole.graph.output[:]
    whole.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(whole.SerializeToString(), options, providers=["CPUExecutionProvider"])
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    found = []
    for size in SIZES:
        samples = [synthetic([dict(tensor) for tensor in order.inputs], SEED, index) for index in range(size)]
        given = {str(t["name"]): np.stack(a) for t, a in zip(order.inputs, zip(*samples, strict=True), strict=True)}
        wanted = {value.name for value in session.get_inputs()}
        answers = session.run(names, {name: array for name, array in given.items() if name in wanted})
        found.append({**weights, **given, **dict(zip(names, answers, strict=True))})
    return found


def _still(model: Any, inputs: set[str]) -> set[str]:
    """What does not depend on the inputs' values."""
    moving = set(inputs)
    for node in model.graph.node:
        if node.op_type not in SHAPES and moving & set(node.input):
            moving |= set(node.output)
    known = {tensor.name for tensor in model.graph.initializer} | {n for node in model.graph.node for n in node.output}
    return {name for name in known - moving if name}


def _sizes(name: str, shapes: Sequence[tuple[int, ...]]) -> list[int]:
    one, two = shapes
    return [_size(name, a, b) for a, b in zip(one, two, strict=True)]


def _size(name: str, one: int, two: int) -> int:
    """A size that is the same in both, or -k for k times the batch."""
    if one == two:
        return int(one)
    if one * SIZES[1] == two * SIZES[0] and one % SIZES[0] == 0:
        return -int(one // SIZES[0])
    raise Refused(f"The size of {name} is {one} for a batch of {SIZES[0]} and {two} for {SIZES[1]}: no multiple of it.")


def _constant(name: str, found: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], list[int]]:
    """An array and its shape; of one that grows with the batch, the rows that repeat."""
    one, two = found
    sizes = _sizes(name, [one.shape, two.shape])
    if min(sizes, default=0) >= 0:
        if not np.array_equal(one, two, equal_nan=one.dtype.kind == "f"):
            raise Refused(f"{name} depends on the size of the batch, and not by its shape alone.")
        return two, sizes
    (axis, *more) = (place for place, size in enumerate(sizes) if size < 0)
    rows = two.take(range(-sizes[axis]), axis)
    if more or not np.array_equal(np.concatenate([rows] * SIZES[1], axis), two):
        raise Refused(f"{name} holds other values for each sample.")
    return rows, sizes


def _node(order: Order, node: Any, runs: Runs, still: set[str]) -> Node:
    how = HOW.get(node.op_type, {})
    attributes = {a.name: _value(onnx.helper.get_attribute_value(a)) for a in node.attribute}
    for place, name in enumerate(node.input):
        if place in how and name:
            attributes |= _said(order, node, how[place], [run[name] for run in runs], name in still)
    inputs = [name for place, name in enumerate(node.input) if place not in how]
    op = "Reshape" if node.op_type in RESHAPES else str(node.op_type)
    return {"op": op, "inputs": inputs, "outputs": list(node.output), "attributes": attributes}


def _said(order: Order, node: Any, field: str, found: Sequence[NDArray[Any]], still: bool) -> dict[str, Any]:
    """An input that says how, as an attribute; the batch in it is written as a whole side: -1."""
    if not field:
        return {}  # the output's shape says it
    if not still:
        raise Refused(f"{order.name}: {node.op_type} reads «{field}» from the inputs, which has no plain form.")
    one, two = (array.tolist() for array in found)
    if one == two:
        return {field: one}
    if field != "ends":
        raise Refused(f"{order.name}: «{field}» of {node.op_type} depends on the batch, which has no plain form.")
    return {field: [a if a == b else 2**62 for a, b in zip(one, two, strict=True)]}


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    return [_value(v) for v in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(
        ended(
            sys.argv[1:],
            "tasks.artifacts.zoo.formats.plain BUILD.json FOLDER",
            lambda order, folder: write(read(order), folder),
        )
    )
