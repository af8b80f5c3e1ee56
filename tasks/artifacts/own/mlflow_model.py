"""The folder of a model that MLflow logged: the one file of it that is data. Nothing of it is loaded by MLflow.

In: the folder, with its MLmodel (YAML). Out: the path of an ONNX, .keras, .pt2 file, or of a SavedModel.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tasks.errors import Refused

# Flavour → the keys of MLmodel that name its file or folder.
FLAVOURS = {
    "onnx": ("data",),
    "tensorflow": ("saved_model_dir", "data"),
    "keras": ("data",),
    "pytorch": ("model_data",),
    "transformers": (),
}
ENDS = ("*.onnx", "*.keras", "*.pt2")


def data_of(folder: Path) -> Path:
    """Raises Refused where all that is there is pickled."""
    try:
        said = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
        flavours = dict(said["flavors"])
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise Refused(f"{folder}/MLmodel is not readable as MLflow writes it: {error}") from None
    for flavour, keys in FLAVOURS.items():
        if flavour in flavours:
            for place in _places(folder, flavours[flavour], keys):
                return place
    named = ", ".join(sorted(set(flavours) - {"python_function"})) or "python_function alone"
    raise Refused(
        f"The model holds nothing that is data alone: its flavour is {named}, which MLflow pickles, and opening it "
        "would run what is written in it. Log it as ONNX (mlflow.onnx.log_model), Keras (.keras), or a .pt2 file "
        "(serialization_format='pt2')."
    )


def _places(folder: Path, flavour: Any, keys: tuple[str, ...]) -> Iterator[Path]:
    """What a flavour names, inside the folder: the file itself, or what is known in a folder."""
    for key in keys:
        said = flavour.get(key) if isinstance(flavour, dict) else None
        if not isinstance(said, str):
            continue
        place = (folder / said).resolve()
        if not place.is_relative_to(folder.resolve()):
            raise Refused(f"{folder}/MLmodel names «{said}», which is outside the model. Log it again.")
        if place.is_file() and place.suffix not in (".pth", ".pkl"):
            yield place
        if place.is_dir():
            yield from (file.parent for file in sorted(place.rglob("saved_model.pb")))
            yield from (file for end in ENDS for file in sorted(place.rglob(end)))
