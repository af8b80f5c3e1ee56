"""MXNet on a ZIP of «symbol.json» and «weights.params». Both are data, and are read from memory.

MXNet reads its thread counts from the environment when it is imported, so `load` sets them before.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from pathlib import Path
from typing import Any, Literal

from tasks.errors import TouchstoneError
from tasks.predictors._mxnet_file import check_inputs, check_outputs, line, members, output_names, require_data
from tasks.predictors.base import Setup, fed, given_back


class Predictor:
    """One graph as a gluon block."""

    formats = ("mxnet",)
    module = "mxnet"

    def __init__(self, *, subgraph: Literal["none", "MKLDNN"], static_memory: bool) -> None:
        self.subgraph = subgraph
        self.static_memory = static_memory

    def load(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Open graph and weights and return what is really used; a fall-back that nobody asked for is an error."""
        text, data = members(path)
        require_data(path, text)
        mx = _imported(setup)
        self._mx, self._context = mx, _context(mx, setup.device)
        try:
            symbol, weights = mx.sym.load_json(text), mx.nd.load_frombuffer(data)
            check_inputs(path, symbol, weights, setup)
            check_outputs(symbol, setup)
            self._inputs = [tensor["name"] for tensor in setup.inputs]
            self._outputs = [output_names(symbol).index(tensor["name"]) for tensor in setup.outputs]
            self._block = self._built(symbol, weights, setup)
        except (mx.MXNetError, ValueError, KeyError, TypeError) as error:  # the last three: no graph in JSON
            raise TouchstoneError(f"MXNet {mx.__version__} cannot load {path.name}: {line(error)}") from error
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
        """(batch, …) → (batch, …); `asnumpy` waits for MXNet's engine."""
        given = fed(self._inputs, batch).values()
        found = self._block(*(self._mx.nd.array(array, ctx=self._context, dtype=array.dtype) for array in given))
        each = found if isinstance(found, (list, tuple)) else [found]
        return given_back([each[place].asnumpy() for place in self._outputs])

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
