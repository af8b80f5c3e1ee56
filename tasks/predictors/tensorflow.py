"""TensorFlow on .keras files: read without code from the file, and run as one graph with a free batch."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any

from tasks.errors import TouchstoneError
from tasks.predictors._keras_file import require_data
from tasks.predictors.base import Setup, line, require_tensors


class Predictor:
    """One model as a TensorFlow function."""

    formats = ("keras",)
    module = "tensorflow"

    def __init__(self, *, jit_compile: bool) -> None:
        self.jit_compile = jit_compile

    def load(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Open the model and return what is really used; a fall-back that nobody asked for is an error."""
        require_data(path)
        os.environ["KERAS_BACKEND"] = "tensorflow"
        tf = self._tf = importlib.import_module("tensorflow")
        keras = importlib.import_module("keras")
        self._device = _placed(tf, setup)
        try:
            with tf.device(self._device):
                model = keras.saving.load_model(path, compile=False, safe_mode=True)
        except Exception as error:  # Keras lets those of h5py, zipfile and TensorFlow through
            raise TouchstoneError(f"Keras {keras.__version__} cannot load {path.name}: {line(error)}") from error
        _check_tensors(model, setup)
        self._run = self._function(model, setup)
        return {
            "framework": "tensorflow",
            "version": tf.__version__,
            "keras": keras.__version__,
            "device": setup.device,
            "precision": _precision(model, setup),
            "intra_threads": tf.config.threading.get_intra_op_parallelism_threads(),
            "inter_threads": tf.config.threading.get_inter_op_parallelism_threads(),
            "jit_compile": self.jit_compile,
            "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "TensorFlow's default"),
            "build": json.dumps(dict(tf.sysconfig.get_build_info()), sort_keys=True, default=str),
        }

    def _function(self, model: Any, setup: Setup) -> Any:
        tf, tensor = self._tf, setup.inputs[0]
        shape = [n if isinstance(n, int) else None for n in tensor["shape"]]
        signature = [tf.TensorSpec(shape, tensor["dtype"])]
        run = tf.function(
            lambda batch: model(batch, training=False), input_signature=signature, jit_compile=self.jit_compile
        )
        run.get_concrete_function()
        return run

    def predict(self, batch: Any) -> Any:
        """(batch, …) → (batch, classes)."""
        with self._tf.device(self._device):
            return self._run(batch).numpy()

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


def _check_tensors(model: Any, setup: Setup) -> None:
    for kind, names, tensors, asked in (
        ("input", [tensor.name for tensor in model.inputs], model.inputs, setup.inputs),
        ("output", list(model.output_names), model.outputs, setup.outputs),
    ):
        pairs = zip(names, tensors)  # noqa: B905  (strict= is newer than Python 3.9)
        require_tensors(kind, {name: (["batch", *t.shape[1:]], str(t.dtype)) for name, t in pairs}, asked)


def _precision(model: Any, setup: Setup) -> str:
    """What the layers compute in; another one than the manifest's is an error."""
    found = sorted({str(layer.compute_dtype) for layer in model.layers if hasattr(layer, "compute_dtype")})
    mode = os.environ.get("ONEDNN_DEFAULT_FPMATH_MODE", "STRICT").upper()
    if found != [setup.inputs[0]["dtype"]] or mode != "STRICT":
        raise TouchstoneError(
            f"{setup.inputs[0]['dtype']} was asked for; the layers compute in {', '.join(found)}, with "
            f"ONEDNN_DEFAULT_FPMATH_MODE={mode}."
        )
    return found[0]
