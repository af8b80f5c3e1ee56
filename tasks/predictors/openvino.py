"""OpenVINO on ONNX files. Device, precision, threads and streams are read back from the compiled model."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Literal

from tasks.errors import TouchstoneError
from tasks.predictors.base import Setup, fed, given_back, line, require_tensors

DEVICES = {"cpu": "CPU"}
PRECISIONS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}


class Predictor:
    """One compiled model."""

    formats = ("onnx",)
    module = "openvino"

    def __init__(self, *, precision: Literal["float32", "bfloat16", "float16"]) -> None:
        self.precision = precision

    def load(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Compile the model and return what it really uses; a fall-back that nobody asked for is an error."""
        ov = importlib.import_module("openvino")
        try:
            self._compiled = ov.Core().compile_model(path, DEVICES[setup.device], self._properties(setup))
        except RuntimeError as error:  # all that the runtime raises
            raise TouchstoneError(f"OpenVINO {ov.__version__} cannot load {path.name}: {line(error)}") from error
        types = _layer_types(self._compiled)
        used = {
            "device": ", ".join(self._compiled.get_property("EXECUTION_DEVICES")).lower(),
            "precision": _precision(types),
            "intra_threads": self._compiled.get_property("INFERENCE_NUM_THREADS"),
            "inter_threads": self._compiled.get_property("NUM_STREAMS"),
        }
        self._refuse_fall_back(used, setup)
        self._check_tensors(setup)
        self._inputs, self._outputs = ([t["name"] for t in part] for part in (setup.inputs, setup.outputs))
        return {
            "framework": "openvino",
            "version": ov.__version__.split("-")[0],
            **used,
            "layer_types": sorted(types),
            "instructions": _instructions(self._compiled),
            "build": ov.__version__,
        }

    def _properties(self, setup: Setup) -> dict[str, Any]:
        return {
            "INFERENCE_PRECISION_HINT": PRECISIONS[self.precision],
            "INFERENCE_NUM_THREADS": setup.intra_threads,
            "NUM_STREAMS": setup.inter_threads,
            "ENABLE_HYPER_THREADING": True,  # else the threads are cut to one for each physical core
        }

    def _refuse_fall_back(self, used: dict[str, Any], setup: Setup) -> None:
        asked = {
            "device": (setup.device, "hw"),
            "precision": (self.precision, "software.options.precision"),
            "intra_threads": (setup.intra_threads, "software.threads.intra"),
            "inter_threads": (setup.inter_threads, "software.threads.inter"),
        }
        for name, (value, field) in asked.items():
            if used[name] != value:
                raise TouchstoneError(
                    f"{name} {value} was asked for and OpenVINO fell back to {used[name]}: "
                    f"set {field} to what this machine can do."
                )

    def _check_tensors(self, setup: Setup) -> None:
        for kind, ports, asked in (
            ("input", self._compiled.inputs, setup.inputs),
            ("output", self._compiled.outputs, setup.outputs),
        ):
            found = {name: _tensor(port) for port in ports for name in port.get_names()}  # fusing gives a port several
            require_tensors(kind, found, asked)

    def predict(self, batch: Any) -> Any:
        """(batch, …) → (batch, …)."""
        found = self._compiled(fed(self._inputs, batch))
        return given_back([found[name] for name in self._outputs])

    def unload(self) -> None:
        """Drop the compiled model."""
        del self._compiled


def _tensor(port: Any) -> tuple[list[int | None], str]:
    shape = [size.get_length() if size.is_static else None for size in port.get_partial_shape()]
    return shape, port.get_element_type().to_dtype().name


def _instructions(compiled: Any) -> str:
    """What the kernels were made for; OpenVINO 2024 does not tell."""
    known = "RUNTIME_REQUIREMENTS" in compiled.get_property("SUPPORTED_PROPERTIES")
    return str(compiled.get_property("RUNTIME_REQUIREMENTS")) if known else "unreadable"


def _layer_types(compiled: Any) -> set[str]:
    """The types that the layers compute in, after fusion: what runs, where the precision hint is what was asked."""
    return {layer.get_rt_info()["runtimePrecision"].astype(str) for layer in compiled.get_runtime_model().get_ops()}


def _precision(types: set[str]) -> str:
    """A narrowed model keeps float32 at its edges: it is as precise as its narrowest floating type."""
    return next((name for name in ("bfloat16", "float16") if PRECISIONS[name] in types), "float32")
