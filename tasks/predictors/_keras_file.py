"""That a .keras file is data: one that names a Lambda, or a class outside Keras, is refused before Keras opens it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks.errors import TouchstoneError
from tasks.predictors.base import line

MEMBERS = ["config.json", "metadata.json", "model.weights.h5"]
MODULES = (
    *("keras.layers", "keras.models", "keras.src.models", "keras.src.ops", "keras.activations"),
    *("keras.initializers", "keras.regularizers", "keras.constraints"),
)
# They hold Python, or open other files.
REFUSED = {"__lambda__", "Lambda", "function", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
REFUSED |= {"StringLookup", "IntegerLookup", "TextVectorization"}


def require_data(path: Path) -> None:
    """The file is a whole .keras archive whose configuration names nothing but Keras's own parts."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = sorted(archive.namelist())
            if found != MEMBERS:
                raise TouchstoneError(f"{path.name} holds {', '.join(found)} instead of {', '.join(MEMBERS)}.")
            config = json.loads(archive.read("config.json"))
    except (zipfile.BadZipFile, ValueError) as error:
        raise TouchstoneError(f"{path.name} is not a whole .keras file: {line(error)}") from error
    for part in _parts(config):
        module, name = str(part.get("module")), str(part["class_name"])
        if name in REFUSED or part.get("registered_name") not in (None, name) or not _known(part):
            raise TouchstoneError(
                f"{path.name} names «{name}» of module «{module}», which is not a part of Keras that is data alone. "
                "Model files are data: save the model without Lambda layers and classes of its own."
            )


def _known(part: dict[str, Any]) -> bool:
    """Whether the part is of Keras; «__keras_tensor__» and the like are values, and have no module."""
    if "module" not in part or part["class_name"].startswith("__"):
        return part["class_name"] in ("__keras_tensor__", "__tensor__", "__numpy__", "__ellipsis__", "__slice__")
    module = str(part["module"])
    return module == "keras" or any(module == m or module.startswith(f"{m}.") for m in MODULES)


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every «class_name» of a configuration, however deep."""
    if isinstance(value, dict):
        if "class_name" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _parts(inner)
