"""One reader a kind of model file: path in, `Found` out. Whatever a reader says is wrong is bad input."""

from collections.abc import Callable
from pathlib import Path

from tasks.artifacts.own import (
    keras_model,
    mlflow_model,
    onnx_model,
    pt2_model,
    saved_model,
    tflite_model,
    transformers_model,
)
from tasks.artifacts.own.found import Found
from tasks.artifacts.own.kinds import kind_of
from tasks.errors import Refused, TouchstoneError

READERS: dict[str, Callable[[Path], Found]] = {
    "onnx": onnx_model.read,
    "tflite": tflite_model.read,
    "keras": keras_model.read,
    "pt2": pt2_model.read,
    "saved_model": saved_model.read,
    "transformers": transformers_model.read,
}


def read(path: Path, kind: str) -> Found:
    """What the file says. Raises Refused with its reader's sentence."""
    if kind == "mlflow":
        inside = mlflow_model.data_of(path)
        return read(inside, kind_of(inside))
    try:
        return READERS[kind](path)
    except Refused:
        raise
    except TouchstoneError as error:
        raise Refused(str(error)) from error
