"""The folder of a SavedModel as data: the tensors of its signature «serving_default»."""

from pathlib import Path

from tasks.artifacts.own.found import Found, Port
from tasks.errors import Refused
from tasks.predictors._saved_model_file import SIGNATURE, require_data

NEEDED = ("variables",)  # and assets are texts and tables that a graph reads


def read(folder: Path) -> Found:
    """What the folder says. Raises TouchstoneError where it is damaged, or no data; Refused for what cannot be fed."""
    signature = require_data(folder)
    if (folder / "assets").is_dir() and any((folder / "assets").iterdir()):
        raise Refused(f"{folder} has assets, which its graph reads as files: export the part that computes alone.")
    sides = {}
    for side in ("inputs", "outputs"):
        ports = []
        for name, (shape, dtype) in sorted(getattr(signature, side).items()):
            if dtype == "other":
                raise Refused(f"{folder}: the tensor «{name}» holds no numbers; export the part that computes alone.")
            ports.append(Port(name, None if shape is None else tuple(shape), dtype))
        sides[side] = tuple(ports)
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.relative_to(folder).parts[0] in NEEDED)
    if any(file.is_symlink() and not file.resolve().is_relative_to(folder.resolve()) for file in files):
        raise Refused(f"{folder} has links that leave it. Copy the files into it.")
    beside = tuple(file.relative_to(folder).as_posix() for file in files)
    path = folder / "saved_model.pb"
    return Found("saved_model", path, sides["inputs"], sides["outputs"], beside, (f"signature {SIGNATURE}",))
