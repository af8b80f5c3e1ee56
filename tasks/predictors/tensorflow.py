"""TensorFlow on .keras files, read without code from the file, and on SavedModels that compute and nothing else.

Both run as one graph with a free batch.
"""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any

from tasks.errors import TouchstoneError
from tasks.predictors import _saved_model_file
from tasks.predictors._keras_file import require_data
from tasks.predictors.base import Setup, given_back, line, precision, require_tensors


class Predictor:
    """One model as a TensorFlow function."""

    formats = ("keras", "saved_model")
    module = "tensorflow"

    def __init__(self, *, jit_compile: bool) -> None:
        self.jit_compile = jit_compile

    def load(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Open the model and return what is really used; a fall-back that nobody asked for is an error."""
        os.environ["KERAS_BACKEND"] = "tensorflow"
        tf = self._tf = importlib.import_module("tensorflow")
        self._device = _placed(tf, setup)
        said = self._saved_model(path, setup) if path.suffix == ".pb" else self._keras(path, setup)
        return {
            "framework": "tensorflow",
            "version": tf.__version__,
            **said,
            "device": setup.device,
            "intra_threads": tf.config.threading.get_intra_op_parallelism_threads(),
            "inter_threads": tf.config.threading.get_inter_op_parallelism_threads(),
            "jit_compile": self.jit_compile,
            "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "TensorFlow's default"),
            "build": json.dumps(dict(tf.sysconfig.get_build_info()), sort_keys=True, default=str),
        }

    def _keras(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Load a .keras file; what it says of itself."""
        require_data(path)
        keras = importlib.import_module("keras")
        try:
            with self._tf.device(self._device):
                model = keras.saving.load_model(path, compile=False, safe_mode=True)
        except Exception as error:  # Keras lets those of h5py, zipfile and TensorFlow through
            raise TouchstoneError(f"Keras {keras.__version__} cannot load {path.name}: {line(error)}") from error
        _check_tensors(model, setup)
        places = [[tensor.name for tensor in model.inputs].index(t["name"]) for t in setup.inputs]
        chosen = [list(model.output_names).index(t["name"]) for t in setup.outputs]

        def call(*given: Any) -> Any:
            ordered = [given[places.index(place)] for place in range(len(places))]
            answer = model(ordered if len(ordered) > 1 else ordered[0], training=False)
            flat = self._tf.nest.flatten(answer)
            return [flat[place] for place in chosen]

        self._run = self._function(call, setup)
        return {"keras": keras.__version__, "precision": _precision(model, setup)}

    def _saved_model(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Load the signature of a SavedModel; its precision is that of its tensors."""
        signature = _saved_model_file.require_data(path.parent)
        require_tensors("input", _declared(signature.inputs, setup.inputs), setup.inputs)
        require_tensors("output", _declared(signature.outputs, setup.outputs), setup.outputs)
        try:
            with self._tf.device(self._device):
                self._loaded = self._tf.saved_model.load(str(path.parent))
        except Exception as error:  # TensorFlow's own, and those of the files
            raise TouchstoneError(
                f"TensorFlow {self._tf.__version__} cannot load the SavedModel {path.parent.name}: {line(error)}"
            ) from error
        serve = self._loaded.signatures[_saved_model_file.SIGNATURE]
        names, outputs = [t["name"] for t in setup.inputs], [t["name"] for t in setup.outputs]

        def call(*given: Any) -> Any:
            answer = serve(**dict(zip(names, given)))  # noqa: B905  (Python 3.9)
            return [answer[name] for name in outputs]

        self._run = self._function(call, setup)
        return {"precision": precision(setup)}

    def _function(self, call: Any, setup: Setup) -> Any:
        """One graph: tensors in the manifest's order in and out."""
        shapes = [[n if isinstance(n, int) else None for n in tensor["shape"]] for tensor in setup.inputs]
        pairs = zip(shapes, setup.inputs)  # noqa: B905  (Python 3.9)
        signature = [self._tf.TensorSpec(shape, tensor["dtype"]) for shape, tensor in pairs]
        run = self._tf.function(call, input_signature=signature, jit_compile=self.jit_compile)
        run.get_concrete_function()
        return run

    def predict(self, batch: Any) -> Any:
        """(batch, …) → (batch, …)."""
        given = batch if isinstance(batch, tuple) else (batch,)
        with self._tf.device(self._device):
            return given_back([tensor.numpy() for tensor in self._run(*given)])

    def unload(self) -> None:
        """Drop the graph and what Keras keeps of it."""
        del self._run
        importlib.import_module("keras").utils.clear_session()


def _placed(tf: Any, setup: Setup) -> str:
    """Threads and devices, before TensorFlow runs its first operation; returns the device's name."""
    tf.config.threading.set_intra_op_parallelism_threads(setup.intra_threads)
    tf.config.threading.set_inter_op_parallelism_threads(setup.inter_threads)
    tf.config.set_soft_device_placement(False)
    if setup.device == "cpu":
        tf.config.set_visible_devices([], "GPU")
        return "/CPU:0"
    if not tf.config.list_physical_devices("GPU"):
        raise TouchstoneError(f"device={setup.device} was asked for, and TensorFlow {tf.__version__} sees no GPU here.")
    tf.config.experimental.enable_tensor_float_32_execution(False)
    return "/GPU:0"


def _declared(found: dict[str, Any], asked: list[dict[str, Any]]) -> dict[str, Any]:
    """The signature's tensors; a shape that it does not know is whatever was asked."""
    shapes = {tensor["name"]: tensor.get("shape", []) for tensor in asked}
    return {name: (shapes.get(name, []) if shape is None else shape, dtype) for name, (shape, dtype) in found.items()}


def _check_tensors(model: Any, setup: Setup) -> None:
    for kind, names, tensors, asked in (
        ("input", [tensor.name for tensor in model.inputs], model.inputs, setup.inputs),
        ("output", list(model.output_names), model.outputs, setup.outputs),
    ):
        pairs = zip(names, tensors)  # noqa: B905  (strict= is newer than Python 3.9)
        require_tensors(kind, {name: (["batch", *t.shape[1:]], str(t.dtype)) for name, t in pairs}, asked)


def _precision(model: Any, setup: Setup) -> str:
    """What the layers compute in; another one than the manifest's is an error."""
    types = {str(layer.compute_dtype) for layer in model.layers if hasattr(layer, "compute_dtype")}
    found = sorted(name for name in types if "float" in name)  # inputs of whole numbers have their own
    mode = os.environ.get("ONEDNN_DEFAULT_FPMATH_MODE", "STRICT").upper()
    if found != [precision(setup)] or mode != "STRICT":
        raise TouchstoneError(
            f"{precision(setup)} was asked for; the layers compute in {', '.join(found)}, with "
            f"ONEDNN_DEFAULT_FPMATH_MODE={mode}."
        )
    return found[0]
