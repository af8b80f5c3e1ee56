"""LiteRT (TensorFlow Lite) on .tflite files: one interpreter, whose tensors are allocated when the batch changes size.

That takes as long as loading, and happens in the first prediction of a size: a timed part has one size and warms up.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import threading
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tasks.errors import TouchstoneError
from tasks.predictors._tflite_file import require_data
from tasks.predictors.base import Setup, fed, given_back, line, require_tensors

PACKAGE = "ai-edge-litert"
INDICES = {"int32", "int64", "bool"}  # types of shapes, axes, and conditions; arithmetic has others
DELEGATE = "DELEGATE"  # what the interpreter calls a node that stands for a part of the graph


class Predictor:
    """One interpreter.

    ``xnnpack``: the graph is handed to XNNPACK, as far as it knows the operators; false: the runtime's own kernels.
    ``precision`` is that of weights and arithmetic.
    """

    formats = ("tflite",)
    module = "ai_edge_litert"

    def __init__(self, *, xnnpack: bool, precision: Literal["float32"]) -> None:
        self.xnnpack, self.precision = xnnpack, precision
        self._turn = threading.Lock()  # an interpreter serves one thread at a time

    def load(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Allocate for one sample and return what is really used; an unasked fall-back is an error."""
        require_data(path)
        _require_possible(setup)
        version = importlib.metadata.version(PACKAGE)
        before = _threads()
        try:
            self._interpreter = self._opened(path, setup)
            self._check_tensors(setup)
            self._allocate({t["name"]: tuple(1 if n == "batch" else n for n in t["shape"]) for t in setup.inputs})
        except (ValueError, RuntimeError) as error:  # all that the interpreter raises
            raise TouchstoneError(f"LiteRT {version} cannot load {path.name}: {line(error)}") from error
        return {
            "framework": "litert",
            "version": version,
            "device": setup.device,
            "precision": self._precision(),
            "intra_threads": _pool(before, setup),
            "inter_threads": setup.inter_threads,
            **self._delegated(),
            "build": version,
        }

    def _opened(self, path: Path, setup: Setup) -> Any:
        api = importlib.import_module("ai_edge_litert.interpreter")
        kind = "BUILTIN" if self.xnnpack else "BUILTIN_WITHOUT_DEFAULT_DELEGATES"
        return api.Interpreter(
            model_path=str(path),
            num_threads=setup.intra_threads,
            experimental_op_resolver_type=getattr(api.OpResolverType, kind),
        )

    def _check_tensors(self, setup: Setup) -> None:
        """Tensors are those of the manifest; their places are kept."""
        places: dict[str, dict[str, int]] = {}
        for kind, asked in (("input", setup.inputs), ("output", setup.outputs)):
            found = _tensors(self._interpreter, kind)
            require_tensors(kind, {name: _declared(tensor) for name, tensor in found.items()}, asked)
            places[kind] = {tensor["name"]: found[tensor["name"]]["index"] for tensor in asked}
        self._inputs, self._outputs = places["input"], places["output"]

    def _allocate(self, shapes: dict[str, Any]) -> None:
        """Make room for inputs of these shapes, by name."""
        for name, shape in shapes.items():
            self._interpreter.resize_tensor_input(self._inputs[name], shape, strict=True)
        self._interpreter.allocate_tensors()
        self._shapes = shapes

    def _precision(self) -> str:
        """The types of the floating-point and quantised tensors; another one than was asked for is an error."""
        types = {np.dtype(tensor["dtype"]).name for tensor in self._interpreter.get_tensor_details()}
        found = sorted(types - INDICES)
        if found != [self.precision]:
            raise TouchstoneError(f"{self.precision} was asked for, and the model file computes in {', '.join(found)}.")
        return self.precision

    def _delegated(self) -> dict[str, Any]:
        """How much of the graph XNNPACK has taken over; nothing, where it was asked for, is an error."""
        names = [node["op_name"] for node in self._interpreter._get_ops_details()]
        used = DELEGATE in names
        if used != self.xnnpack:
            raise TouchstoneError(f"xnnpack={self.xnnpack} was asked for, and LiteRT runs with xnnpack={used}.")
        return {"xnnpack": used, "operators": len(names) - names.count(DELEGATE), "partitions": names.count(DELEGATE)}

    def predict(self, batch: Any) -> Any:
        """(batch, …) → (batch, …), copies."""
        given = fed(list(self._inputs), batch)
        with self._turn:
            shapes = {name: array.shape for name, array in given.items()}
            if shapes != self._shapes:
                self._allocate(shapes)
            for name, array in given.items():
                self._interpreter.set_tensor(self._inputs[name], array)
            self._interpreter.invoke()
            return given_back([self._interpreter.get_tensor(place) for place in self._outputs.values()])

    def unload(self) -> None:
        """Drop the interpreter."""
        del self._interpreter


def _require_possible(setup: Setup) -> None:
    if setup.device != "cpu":
        raise TouchstoneError(
            f"device={setup.device} was asked for, and this predictor runs LiteRT on processors only."
        )
    if setup.inter_threads != 1:
        raise TouchstoneError(
            f"{setup.inter_threads} threads between operations were asked for, and LiteRT runs one operation after the "
            "other. Set software.threads.inter=1."
        )


def _tensors(interpreter: Any, kind: str) -> dict[str, Any]:
    """Name → tensor: as the file's signature names them, or, where it has none, as they are called."""
    if signatures := interpreter.get_signature_list():
        runner = interpreter.get_signature_runner(next(iter(signatures)))
        named: dict[str, Any] = getattr(runner, f"get_{kind}_details")()
        return named
    return {tensor["name"]: tensor for tensor in getattr(interpreter, f"get_{kind}_details")()}


def _declared(tensor: dict[str, Any]) -> tuple[list[Any], str]:
    """Shape and dtype; a free side is -1 in the file."""
    return [int(side) if side > 0 else None for side in tensor["shape_signature"]], np.dtype(tensor["dtype"]).name


def _threads() -> int:
    """Threads of this process."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())


def _pool(before: int, setup: Setup) -> int:
    """Threads of one operation: the calling one, and those that came with the interpreter."""
    found = _threads() - before + 1
    if found != setup.intra_threads:
        raise TouchstoneError(f"{setup.intra_threads} threads were asked for, and LiteRT has {found}.")
    return found
