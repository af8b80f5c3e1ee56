"""One exported program becomes the model's files, the same bytes in every folder and at every time.

In go a module in evaluation mode and example inputs (a batch of two), out come model.onnx and model.pt2. What an
exporter adds about where it ran (stack traces, class names, example inputs) is left out.
"""

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import onnx
import torch

from tasks.artifacts.files import written
from tasks.artifacts.zoo.order import Order
from tasks.errors import Refused
from tasks.predictors._pt2_file import require_data

OPSET = 18
LARGEST_BATCH = 1024
INLINE = int(1.9e9)  # bytes: a protobuf message ends at 2 GB
ORIGINS = ("stack_trace", "nn_module_stack", "source_fn_stack", "torch_fn", "from_node", "custom")


def exported(order: Order, module: Any, batch: Sequence[Any]) -> Any:
    """The program with a free batch. Raises Refused with the exporter's first sentence."""
    size = torch.export.Dim("batch", min=1, max=LARGEST_BATCH)
    shapes = [tuple({0: size} for _ in batch)]
    try:
        with _silent(), torch.no_grad():
            program = torch.export.export(_Positional(module), tuple(batch), dynamic_shapes=tuple(shapes), strict=False)
    except Exception as error:
        raise Refused(f"{order.name} cannot be exported: {first_line(error)}") from error
    _forget(program)
    return program


class _Positional(torch.nn.Module):
    """A module whose inputs have no names of their own."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.model = module

    def forward(self, *inputs: Any) -> Any:
        """As the module."""
        return self.model(*inputs)


def first_line(error: Exception) -> str:
    """The type and the first line of what it says."""
    return f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"


def _forget(program: Any) -> None:
    for module in program.graph_module.modules():
        for node in getattr(getattr(module, "graph", None), "nodes", ()):
            for origin in ORIGINS:
                node.meta.pop(origin, None)


def write_onnx(order: Order, program: Any, path: Path) -> tuple[int, Any]:
    """Write the program at opset 18; returns how many nodes it has, and the program whose nodes name its values."""
    names = {f"{kind}_names": [tensor["name"] for tensor in getattr(order, f"{kind}s")] for kind in ("input", "output")}
    if _weight_bytes(program) > INLINE:
        raise Refused(f"{order.name} has more than {INLINE:g} bytes of weights, which one ONNX file cannot hold.")
    try:
        with _silent():
            made = torch.onnx.export(program, (), dynamo=True, opset_version=OPSET, verbose=False, **names)
    except Exception as error:
        raise Refused(f"{order.name} cannot be written as ONNX: {first_line(error)}") from error
    _make_way(made.model.graph, {name for kind in names.values() for name in kind})
    model = made.model_proto
    _strip(model)
    written(path, model.SerializeToString(deterministic=True))
    return len(model.graph.node), made.exported_program


def _make_way(graph: Any, names: set[str]) -> None:
    """No value inside a graph may be called like what goes in or out."""
    for node in graph:
        for value in node.outputs:
            if value.name in names and not value.is_graph_output():
                value.name = f"{value.name}_within"


def _weight_bytes(program: Any) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in program.state_dict.values())


def _strip(model: Any) -> None:
    """Leave out who made it where, and what shape inference finds again."""
    model.doc_string = ""
    del model.metadata_props[:]
    graphs = [model.graph, *model.functions]
    while graphs:
        graph = graphs.pop()
        del graph.value_info[:]
        tensors = [] if isinstance(graph, onnx.FunctionProto) else [*graph.input, *graph.output, *graph.initializer]
        for part in (graph, *graph.node, *tensors):
            part.doc_string = ""
            del part.metadata_props[:]
        graphs += [a.g for node in graph.node for a in node.attribute if a.type == onnx.AttributeProto.GRAPH]


def write_pt2(program: Any, path: Path) -> None:
    """Write the program without its example inputs, which are the one thing that would be pickled."""
    program._example_inputs = None
    buffer = io.BytesIO()
    with _silent():
        torch.export.save(program, buffer)
    written(path, buffer.getvalue())
    require_data(path)


@contextmanager
def _silent() -> Iterator[None]:
    """Without the exporters' remarks; what is wrong is raised."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
