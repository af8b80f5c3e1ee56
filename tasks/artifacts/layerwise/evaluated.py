"""An evaluation's model layer by layer: as its software runs it, against float64 of its source or another software.

The source is the layer table where there is one, else the ONNX file. Layers are seen in what reads ONNX files, and of a
layer table in PyTorch. Inputs are the two synthetic samples that every reference is of.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from tasks import ROOT, plugins
from tasks.artifacts.layerwise.diverged import Divergence, Runs, diverged
from tasks.artifacts.layerwise.doubled import InDouble
from tasks.artifacts.layerwise.elsewhere import in_software
from tasks.artifacts.layerwise.pieces import Graph, Values, graph_of
from tasks.artifacts.onnx_writer import to_onnx
from tasks.artifacts.store import fetch, present
from tasks.artifacts.tables import read_table
from tasks.errors import Refused
from tasks.predictors.base import Setup, precision
from tasks.processing.synthetic import synthetic
from tasks.specs.evaluation import Evaluation
from tasks.specs.model import Tensor
from tasks.specs.pipeline import Pipeline
from tasks.stacks.build import ensure
from tasks.stacks.build import present as built
from tasks.stacks.lock import Lock
from tasks.stacks.stack import environ
from tasks.statistics.tolerance import allowed

TOLERANCE = 5e-3  # float32: of a layer's deviation, as tasks/schemas/reference.py has it of an output's
EXACT = 1e-3  # where both are float64
SEED, SAMPLES = 0, 2
TABLE = "pytorch"  # the framework whose layers of a table are run one by one


def by_layer(evaluation: Evaluation, path: Path | None = None) -> Divergence:
    """The software's run of its model file (or of the one at ``path``) against float64. Raises Refused."""
    graph = _graph(evaluation, path)
    with running(evaluation, path) as run:
        return _diverged((graph, run), (_source(evaluation), InDouble()), evaluation)


def at_hand(evaluation: Evaluation) -> bool:
    """Whether file and software are on this machine already, so that nothing is fetched or built to look closer."""
    software = evaluation.software
    held = built(Lock(software.python, software.packages), software.id) is not None
    return held and present(evaluation.artifact, ROOT)


def between(evaluation: Evaluation, other: Evaluation) -> Divergence:
    """Two software with one model: the first against the second."""
    with running(evaluation) as one, running(other) as two:
        return _diverged((_graph(evaluation), one), (_graph(other), two), evaluation)


def in_double(one: Path, other: Path, inputs: Values) -> Divergence:
    """Two ONNX files in float64: what differs is the model."""
    graphs = [graph_of(loaded(path)) for path in (one, other)]
    return diverged((graphs[0], InDouble()), (graphs[1], InDouble()), inputs, EXACT)


def loaded(path: Path) -> Any:
    """The ONNX model. Raises Refused."""
    try:
        return onnx.load(path)
    except Exception as error:  # protobuf's own
        raise Refused(f"{path} is no ONNX file that can be read: {' '.join(str(error).split())[:200]}") from error


def _diverged(one: tuple[Graph, Runs], other: tuple[Graph, Runs], evaluation: Evaluation) -> Divergence:
    model = evaluation.model
    inputs, outputs = ([t.model_dump() for t in part] for part in (model.inputs, model.outputs))
    setup = Setup("cpu", 1, 1, inputs, outputs)
    bound = allowed(precision(setup), TOLERANCE)
    given = inputs_of(model.inputs, model.one_at_a_time)
    if missing := [name for name in one[0].inputs if name not in given]:
        raise Refused(f"The file has the input {missing[0]}, the manifest of {model.name} has {', '.join(given)}.")
    return diverged(one, other, {name: given[name] for name in one[0].inputs}, bound)


def inputs_of(inputs: Sequence[Tensor], one: bool = False) -> Values:
    """name → two synthetic samples, or ``one`` where a file takes one at a time."""
    tensors = [tensor.model_dump(mode="json") for tensor in inputs]
    samples = [synthetic(tensors, SEED, index) for index in range(1 if one else SAMPLES)]
    parts = zip(tensors, zip(*samples, strict=True), strict=True)
    return {tensor["name"]: _stacked(tensor["shape"], arrays) for tensor, arrays in parts}


def _stacked(shape: list[Any], arrays: tuple[NDArray[Any], ...]) -> NDArray[Any]:
    return np.stack(arrays, shape.index("batch")) if "batch" in shape else arrays[0]


def _graph(evaluation: Evaluation, path: Path | None = None) -> Graph:
    """What the software runs."""
    if path is not None or evaluation.format == "onnx":
        return graph_of(loaded(path or fetch(evaluation.artifact, ROOT, _quiet)))
    return _source(evaluation)


def _source(evaluation: Evaluation) -> Graph:
    """The layer table as a graph; without one, the ONNX file."""
    if isinstance(evaluation.model, Pipeline):
        raise Refused(f"{evaluation.model.name} is a pipeline; the layers of its models are seen one model at a time.")
    files = evaluation.model.files()
    if "table" in files:
        return graph_of(to_onnx(*read_table(fetch(files["table"], ROOT, _quiet))))
    if "onnx" in files:
        return graph_of(loaded(fetch(files["onnx"], ROOT, _quiet)))
    raise Refused(f"{evaluation.model.name} has neither an ONNX file nor a layer table, whose layers could be seen.")


@contextmanager
def running(evaluation: Evaluation, path: Path | None = None) -> Iterator[Runs]:
    """The software, which runs pieces of its file. Raises Refused for one whose layers cannot be seen."""
    software, form = evaluation.software, "onnx" if path is not None else evaluation.format
    of_table = form == "table" and software.framework == TABLE
    asks = hasattr(plugins.load("tasks.predictors", software.framework).Predictor, "client")  # a server
    if asks or (not of_table and (form != "onnx" or "onnx" not in software.formats)):
        raise Refused(
            f"software={software.id} runs the file «{form}» of {evaluation.model.name}, whose layers cannot be seen "
            "one by one; those of ONNX files can, and in PyTorch those of a layer table."
        )
    stack = ensure(Lock(software.python, software.packages), software.id, _quiet)
    intra = 1 if software.threads.intra == "all" else software.threads.intra
    said = {
        "framework": software.framework,
        "plugin": plugins.file_of("tasks.predictors", software.framework),
        "options": software.options,
        "device": evaluation.hw.device,
        "threads": {"intra": intra, "inter": software.threads.inter},
    }
    table = fetch(evaluation.artifact, ROOT, _quiet) if of_table else None
    with in_software(software.id, stack.python, {**environ(stack, ROOT), **_texts(software.env)}, said, table) as run:
        yield run


def _texts(env: Any) -> dict[str, str]:
    return {name: str(value) for name, value in env.items()}


def _quiet(_: str) -> None:
    """Progress that nobody reads."""
