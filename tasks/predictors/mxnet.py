"""MXNet on a ZIP of «symbol.json» and «weights.params». Both are data, and are read from memory.

MXNet reads its thread counts from the environment when it is imported, so `load` sets them before. It calls an output
«logits_output» where the manifest says «logits». Operators that reach into the process are refused.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any, Literal

from tasks.errors import TouchstoneError
from tasks.predictors.base import Setup, require_tensors

SYMBOL, WEIGHTS = "symbol.json", "weights.params"
SUFFIX = "_output"
DTYPES = {"0": "float32", "1": "float64", "2": "float16", "3": "uint8", "4": "int32", "5": "int8", "6": "int64"}
# They call Python by name, or follow an address that the file gives.
REFUSED = {"Custom", "_CustomFunction", "_NDArray", "_Native"}


class Predictor:
    """One graph as a gluon block."""

    format = "mxnet"
    module = "mxnet"

    def __init__(self, *, subgraph: Literal["none", "MKLDNN"], static_memory: bool) -> None:
        self.subgraph = subgraph
        self.static_memory = static_memory

    def load(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Open graph and weights and return what is really used; a fall-back that nobody asked for is an error."""
        text, data = _members(path)
        require_data(path, text)
        mx = _imported(setup)
        self._mx, self._context = mx, _context(mx, setup.device)
        try:
            symbol, weights = mx.sym.load_json(text), mx.nd.load_frombuffer(data)
            _check_inputs(path, symbol, weights, setup)
            _check_outputs(symbol, setup)
            self._block = self._built(symbol, weights, setup)
        except (mx.MXNetError, ValueError, KeyError, TypeError) as error:  # the last three: no graph in JSON
            raise TouchstoneError(f"MXNet {mx.__version__} cannot load {path.name}: {_line(error)}") from error
        return {
            "framework": "mxnet",
            "version": mx.__version__,
            "device": setup.device,
            "precision": ", ".join(sorted({array.dtype.__name__ for array in weights.values()})),
            "intra_threads": _threads(mx, setup),
            "inter_threads": setup.inter_threads,
            "subgraph": self.subgraph,
            "static_memory": self.static_memory,
            "omp_wait_policy": os.environ.get("OMP_WAIT_POLICY", "OpenMP's default"),
            "build": ", ".join(sorted(f.name for f in mx.runtime.Features().values() if f.enabled)),
        }

    def _built(self, symbol: Any, weights: dict[str, Any], setup: Setup) -> Any:
        mx = self._mx
        if self.subgraph != "none":
            symbol = symbol.get_backend_symbol(self.subgraph)
        inputs = [mx.sym.Variable(tensor["name"], dtype=tensor["dtype"]) for tensor in setup.inputs]
        block = mx.gluon.SymbolBlock(symbol, inputs)
        values = {name.partition(":")[2]: array for name, array in weights.items()}
        for name, parameter in block.collect_params().items():
            parameter._load_init(values[name], self._context)
        block.hybridize(static_alloc=self.static_memory, static_shape=self.static_memory)
        return block

    def predict(self, batch: Any) -> Any:
        """(batch, …) → (batch, classes); `asnumpy` waits for MXNet's engine."""
        return self._block(self._mx.nd.array(batch, ctx=self._context, dtype=batch.dtype)).asnumpy()

    def unload(self) -> None:
        """Drop the block."""
        del self._block


def _imported(setup: Setup) -> Any:
    if "mxnet" in sys.modules:
        raise TouchstoneError("MXNet was imported before its thread counts were set. Load one model per process.")
    os.environ["OMP_NUM_THREADS"] = str(setup.intra_threads)
    os.environ["MXNET_CPU_WORKER_NTHREADS"] = str(setup.inter_threads)
    return importlib.import_module("mxnet")


def _context(mx: Any, device: str) -> Any:
    if device == "cpu":
        return mx.cpu()
    if mx.context.num_gpus() == 0:
        raise TouchstoneError(f"device={device} was asked for, and MXNet {mx.__version__} sees no GPU here.")
    return mx.gpu(0)


def _threads(mx: Any, setup: Setup) -> int:
    """Threads of one operator, read back from the OpenMP that MXNet is linked to."""
    found = int(ctypes.CDLL(mx.libinfo.find_lib_path()[0]).omp_get_max_threads())
    if found != setup.intra_threads:
        raise TouchstoneError(f"{setup.intra_threads} threads were asked for, and MXNet uses {found}.")
    return found


def _members(path: Path) -> tuple[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            found = sorted(archive.namelist())
            if found != [SYMBOL, WEIGHTS]:
                raise TouchstoneError(f"{path.name} holds {', '.join(found)} instead of {SYMBOL} and {WEIGHTS}.")
            return archive.read(SYMBOL).decode(), archive.read(WEIGHTS)
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise TouchstoneError(f"{path.name} is not a whole ZIP of {SYMBOL} and {WEIGHTS}: {_line(error)}") from error


def require_data(path: Path, text: str) -> None:
    """The graph is one, and none of its operators runs code."""
    try:
        used = {node["op"] for node in json.loads(text)["nodes"]}
    except (ValueError, KeyError, TypeError) as error:
        raise TouchstoneError(f"{path.name}: {SYMBOL} is not a graph of MXNet.") from error
    if bad := sorted(used & REFUSED):
        raise TouchstoneError(f"{path.name} has the operator {', '.join(bad)}, which runs code: model files are data.")


def _check_inputs(path: Path, symbol: Any, weights: Any, setup: Setup) -> None:
    """What has no array is an input of the manifest, or the file is not whole."""
    if not isinstance(weights, dict):
        raise TouchstoneError(f"{path.name}: the arrays have no names. Save them as arg:name and aux:name.")
    attributes, asked = symbol.attr_dict(), {tensor["name"]: tensor for tensor in setup.inputs}
    free = [name for name in symbol.list_arguments() if f"arg:{name}" not in weights]
    free += [name for name in symbol.list_auxiliary_states() if f"aux:{name}" not in weights]
    found = {name: _declared(attributes.get(name, {}), asked.get(name)) for name in free}
    require_tensors("input", found, setup.inputs)
    if missing := [name for name in free if name not in asked]:
        raise TouchstoneError(f"{path.name} has no array for {', '.join(missing[:5])} ({len(missing)} are missing).")


def _declared(attributes: dict[str, str], asked: dict[str, Any] | None) -> tuple[list[Any], str]:
    """Shape and dtype that the graph states for an input; where it states none, those of the manifest hold."""
    shape, code = attributes.get("__shape__"), attributes.get("__dtype__")
    asked = asked or {"shape": [], "dtype": ""}
    found = [n or "batch" for n in json.loads(f"[{shape.strip('()')}]")] if shape else list(asked["shape"])
    return found, DTYPES.get(code, code) if code else asked["dtype"]


def _check_outputs(symbol: Any, setup: Setup) -> None:
    """What follows for the outputs from the manifest's inputs."""
    given = {t["name"]: tuple(n if isinstance(n, int) else 1 for n in t["shape"]) for t in setup.inputs}
    _, shapes, _ = symbol.infer_shape(**given)
    _, types, _ = symbol.infer_type(**{tensor["name"]: tensor["dtype"] for tensor in setup.inputs})
    names = [name[: -len(SUFFIX)] if name.endswith(SUFFIX) else name for name in symbol.list_outputs()]
    outputs = {
        name: (["batch", *shape[1:]], kind.__name__)
        for name, shape, kind in zip(names, shapes, types)  # noqa: B905  (strict= is newer than Python 3.9)
    }
    require_tensors("output", outputs, setup.outputs)


def _line(error: Exception) -> str:
    """The reason alone: MXNet puts its own stack in front of it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join([line for line in lines if not line.startswith(("[bt]", "Stack trace", "Traceback"))])[:300]
