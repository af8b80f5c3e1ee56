"""Which layer of a model that was just exported is the first to answer something else than torch in float64.

In go the program that the exporter wrote the file from, whose nodes its values are called after, and the file; out
comes a sentence. Runs only where the whole was found to differ; in pieces, torch's part anew for each.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
import torch
from numpy.typing import NDArray

from tasks.artifacts.layerwise.diverged import found_in, walked
from tasks.artifacts.layerwise.pieces import Graph, Values, as_arrays, graph_of, in_groups, writes
from tasks.artifacts.zoo.export import first_line
from tasks.artifacts.zoo.order import Order
from tasks.artifacts.zoo.reference import TOLERANCE

NODES = 64  # of a piece
WIDER = {torch.float32: torch.float64, torch.float16: torch.float64, torch.bfloat16: torch.float64}


def first_off(order: Order, program: Any, path: Path, batch: Sequence[NDArray[Any]]) -> str:
    """The sentence; why there is none where the pieces do not run."""
    try:
        graph = graph_of(onnx.load(path))
        groups = list(in_groups(graph.nodes, NODES))
        names = {name for node in graph.nodes for name in writes(node)}
        given = {str(t["name"]): array for t, array in zip(order.inputs, batch, strict=True)}
        inputs = {name: given[name] for name in graph.inputs}
        walk = zip(groups, walked(graph, groups, InProcess(), inputs), _source(program, groups, batch), strict=True)
        return found_in(walk, _pairs(graph, program, names), TOLERANCE).sentence()
    except Exception as error:  # the finding that it differs must not be lost for the sake of where
        return f"Which layer it is cannot be told: {first_line(error)}"


class InProcess:
    """Runs pieces in this process's onnxruntime, in the file's own precision."""

    def answers(self, piece: onnx.ModelProto, given: Mapping[str, NDArray[Any]]) -> Values:
        """name → value."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(piece.SerializeToString(), options, providers=["CPUExecutionProvider"])
        names = [value.name for value in piece.graph.output]
        return as_arrays(names, session.run(names, dict(given)))


def _pairs(graph: Graph, program: Any, names: set[str]) -> dict[str, str]:
    """A value of the file is called like the node that it is of; outputs go by their place."""
    pairs = {node.name: node.name for node in program.graph.nodes if node.name in names}
    outputs = [spec.arg.name for spec in program.graph_signature.output_specs]
    return pairs | dict(zip(graph.outputs, outputs, strict=False))


def _source(program: Any, groups: Sequence[Sequence[Any]], batch: Sequence[NDArray[Any]]) -> Iterator[Values]:
    """What torch has in float64 for the values of each group."""
    of_output = {spec.arg.name for spec in program.graph_signature.output_specs}
    for group in groups:
        yield _Wide(program, {name for node in group for name in writes(node)} | of_output).values(batch)


class _Wide(torch.fx.Interpreter):
    """The program in float64, which keeps the values of these nodes."""

    def __init__(self, program: Any, wanted: set[str]) -> None:
        super().__init__(program.graph_module)
        self.program, self.wanted, self.kept = program, wanted, Values()

    def values(self, batch: Sequence[NDArray[Any]]) -> Values:
        """name → array."""
        given = self.program._graph_module_flat_inputs(tuple(map(torch.from_numpy, batch)), {})
        with torch.no_grad():
            self.run(*(_wide(value) for value in given))
        return self.kept

    def run_node(self, n: Any) -> Any:
        """One node, its answer kept where it is wanted."""
        value = super().run_node(n)
        if n.name in self.wanted and isinstance(value, torch.Tensor):
            self.kept[n.name] = value.numpy()
        return value

    def call_function(self, target: Any, args: Any, kwargs: Any) -> Any:
        """With every type that a node asks for widened."""
        args, kwargs = torch.utils._pytree.tree_map(_wide, (args, kwargs))
        return super().call_function(target, args, kwargs)

    def fetch_attr(self, target: str) -> Any:
        """A constant of the graph."""
        return _wide(super().fetch_attr(target))


def _wide(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.double() if value.dtype in WIDER else value
    return WIDER.get(value, value) if isinstance(value, torch.dtype) else value
