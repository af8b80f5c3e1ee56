"""ONNX Runtime on ONNX files. Model files are data; the runtime refuses external data outside the file's folder."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any, Literal

from tasks.errors import TouchstoneError
from tasks.predictors.base import Setup, fed, given_back, line, precision, require_tensors

PROVIDERS: dict[str, tuple[str, dict[str, str]]] = {
    "cpu": ("CPUExecutionProvider", {}),
    "cuda": ("CUDAExecutionProvider", {"device_id": "0", "use_tf32": "0"}),  # float32 means float32
}
DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(uint8)": "uint8",
    "tensor(int8)": "int8",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
}
TOO_NEW = re.compile(r"Opset (\d+) is under development.*till opset (\d+)", re.DOTALL)


class Predictor:
    """One inference session."""

    formats = ("onnx",)
    module = "onnxruntime"

    def __init__(
        self,
        *,
        graph_optimization: Literal["disable", "basic", "extended", "all"],
        execution_mode: Literal["sequential", "parallel"],
    ) -> None:
        self.graph_optimization = graph_optimization
        self.execution_mode = execution_mode

    def load(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Open a session and return what it really uses; a fall-back that nobody asked for is an error."""
        ort = importlib.import_module("onnxruntime")
        provider, options = PROVIDERS[setup.device]
        if setup.device == "cuda" and hasattr(ort, "preload_dlls"):
            ort.preload_dlls()  # CUDA and cuDNN out of this environment's packages
        try:
            self._session = ort.InferenceSession(
                str(path), self._options(ort, setup), providers=[provider], provider_options=[options]
            )
        except Exception as error:  # the runtime's own exceptions share no base that it publishes
            raise TouchstoneError(f"ONNX Runtime {ort.__version__} cannot load {path.name}: {_why(error)}") from error
        used = self._session.get_providers()
        if used[0] != provider:
            raise TouchstoneError(f"{provider} was asked for and ONNX Runtime fell back to {', '.join(used)}.")
        effective = self._session.get_provider_options()[provider]
        if changed := {k: effective.get(k) for k, v in options.items() if effective.get(k) != v}:
            raise TouchstoneError(f"{provider} was asked for {options} and runs with {changed}.")
        self._check_tensors(setup)
        self._inputs, self._outputs = ([t["name"] for t in part] for part in (setup.inputs, setup.outputs))
        return {
            "framework": "onnxruntime",
            "version": ort.__version__,
            "providers": used,
            "device": setup.device,
            "provider_options": {k: effective[k] for k in options},
            "precision": precision(setup),
            "intra_threads": self._session.get_session_options().intra_op_num_threads,
            "inter_threads": self._session.get_session_options().inter_op_num_threads,
            "graph_optimization": self.graph_optimization,
            "build": ort.get_build_info() if hasattr(ort, "get_build_info") else "unreadable",
        }

    def _options(self, ort: Any, setup: Setup) -> Any:
        options = ort.SessionOptions()
        options.intra_op_num_threads = setup.intra_threads
        options.inter_op_num_threads = setup.inter_threads
        options.graph_optimization_level = getattr(
            ort.GraphOptimizationLevel, f"ORT_{_LEVELS[self.graph_optimization]}"
        )
        options.execution_mode = getattr(ort.ExecutionMode, f"ORT_{self.execution_mode.upper()}")
        return options

    def _check_tensors(self, setup: Setup) -> None:
        for kind, nodes, asked in (
            ("input", self._session.get_inputs(), setup.inputs),
            ("output", self._session.get_outputs(), setup.outputs),
        ):
            require_tensors(kind, {n.name: (list(n.shape), DTYPES.get(n.type, n.type)) for n in nodes}, asked)

    def predict(self, batch: Any) -> Any:
        """(batch, …) → (batch, …)."""
        return given_back(self._session.run(self._outputs, fed(self._inputs, batch)))

    def unload(self) -> None:
        """Drop the session."""
        del self._session


def _why(error: Exception) -> str:
    """In one line; what it says of a newer opset stands behind more than a line can hold."""
    newer = TOO_NEW.search(str(error))
    if newer is None:
        return line(error)
    return f"the file is of opset {newer[1]}, and this version knows them up to {newer[2]}; export it with that one."


_LEVELS = {"disable": "DISABLE_ALL", "basic": "ENABLE_BASIC", "extended": "ENABLE_EXTENDED", "all": "ENABLE_ALL"}
