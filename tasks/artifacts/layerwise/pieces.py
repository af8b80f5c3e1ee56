"""An ONNX graph in pieces of a few nodes, each a model of its own whose every value is an output.

Knows no runtime. Graphs within a node (If, Loop, Scan) stay within it; what they read outside counts as an input.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, inliner

Values = dict[str, NDArray[Any]]
NODES = 16  # of a piece


@dataclass(frozen=True)
class Graph:
    """A model whose functions are written out; ``weights`` are its constants: initializers, and Constant nodes."""

    model: onnx.ModelProto

    @property
    def nodes(self) -> Sequence[onnx.NodeProto]:
        """In an order in which they can run."""
        return list(self.model.graph.node)

    @cached_property
    def weights(self) -> dict[str, Any]:
        """name → TensorProto, or the Constant node."""
        found = {tensor.name: tensor for tensor in self.model.graph.initializer}
        return found | {node.output[0]: node for node in self.nodes if node.op_type == "Constant"}

    @cached_property
    def inputs(self) -> list[str]:
        """Names of what goes in."""
        known = {tensor.name for tensor in self.model.graph.initializer}
        return [value.name for value in self.model.graph.input if value.name not in known]

    @property
    def outputs(self) -> list[str]:
        """Names of what comes out."""
        return [value.name for value in self.model.graph.output]


def graph_of(model: onnx.ModelProto) -> Graph:
    """The graph with its own functions written out."""
    return Graph(inliner.inline_local_functions(model) if model.functions else model)


def reads(node: onnx.NodeProto) -> set[str]:
    """Names of values that a node needs, those that a graph within it takes from outside among them."""
    found = {name for name in node.input if name}
    for attribute in node.attribute:
        for inner in [attribute.g] if attribute.type == onnx.AttributeProto.GRAPH else attribute.graphs:
            own = {v.name for v in (*inner.input, *inner.initializer)} | {n for one in inner.node for n in one.output}
            wanted = {name for one in inner.node for name in reads(one)} | {value.name for value in inner.output}
            found |= wanted - own
    return found


def writes(node: onnx.NodeProto) -> list[str]:
    """Names of the values of a node; an output that is left out has none."""
    return [name for name in node.output if name]


def in_groups(nodes: Sequence[onnx.NodeProto], size: int = NODES) -> Iterator[list[onnx.NodeProto]]:
    """A few after the others."""
    for start in range(0, len(nodes), size):
        yield list(nodes[start : start + size])


def piece(graph: Graph, nodes: Sequence[onnx.NodeProto], live: Mapping[str, NDArray[Any]]) -> onnx.ModelProto:
    """These nodes as a model; what they read from others is an input, of the type and shape that it has in ``live``."""
    made = [name for node in nodes for name in writes(node)]
    wanted = {name for node in nodes for name in reads(node)} - set(made)
    held = [tensor for tensor in graph.model.graph.initializer if tensor.name in wanted]
    given = [name for name in live if name in wanted]
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(live[name].dtype), live[name].shape)
        for name in given
    ]
    outputs = [onnx.ValueInfoProto(name=name) for name in made]
    whole = onnx.ModelProto(ir_version=graph.model.ir_version, opset_import=graph.model.opset_import)
    whole.graph.CopyFrom(onnx.GraphProto(name="piece", node=nodes, input=inputs, output=outputs, initializer=held))
    return whole


def still_read(graph: Graph, groups: Sequence[Sequence[onnx.NodeProto]]) -> list[set[str]]:
    """For every group, the values that a later one reads."""
    wanted, found = set[str](), list[set[str]]()
    for group in reversed(groups):
        found.append(set(wanted))
        wanted |= {name for node in group for name in reads(node)}
    return found[::-1]


def as_arrays(names: Sequence[str], answers: Sequence[Any]) -> Values:
    """name → array of what is one; sequences and what is optional are left out."""
    return {
        n: np.asarray(a) for n, a in zip(names, answers, strict=True) if not isinstance(a, (list, dict, type(None)))
    }
