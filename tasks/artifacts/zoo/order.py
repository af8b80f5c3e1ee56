"""What is to be built: a JSON file becomes a frozen Order, or one sentence that says what is wrong with it.

Knows no library and no framework: standard library only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasks.errors import Refused

FIELDS: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "library": str,
    "entry": str,
    "arguments": dict,
    "seed": int,
    "inputs": list,
    "outputs": list,
    "statistics": (str, type(None)),
}
OPTIONAL: Mapping[str, type | tuple[type, ...]] = {"folder": str, "weights": dict, "pretrained": str}
OF_INPUT = ("name", "shape", "dtype", "layout", "range")
OF_OUTPUT = ("name", "dtype", "meaning")


@dataclass(frozen=True)
class Order:
    """An architecture (``entry`` of a ``library``), the seed of its weights, and the tensors that go in and out.

    ``weights`` are instead of the seed: names of files in ``folder`` → SHA-256, safetensors and a configuration; and so
    is ``pretrained``, one file of tensors, already checked.
    ``inputs`` have name, shape (the first dimension is «batch»), dtype, and range; ``outputs`` have a name.
    """

    name: str
    library: str
    entry: str
    arguments: Mapping[str, Any]
    seed: int
    inputs: tuple[Mapping[str, Any], ...]
    outputs: tuple[Mapping[str, Any], ...]
    statistics: Path | None
    folder: str | None = None
    weights: Mapping[str, str] = field(default_factory=dict)
    pretrained: str | None = None


def read(path: Path) -> Order:
    """The order in this file. Raises Refused with every mistake that it holds."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path} is not a readable JSON file: {error}") from None
    if not isinstance(data, dict):
        raise Refused(f"{path} holds no object, but {type(data).__name__}; give {', '.join(FIELDS)}.")
    if wrong := [*_fields(data), *_tensors(data, "inputs", OF_INPUT), *_tensors(data, "outputs", OF_OUTPUT)]:
        raise Refused(f"{path} is no build of the zoo: {'; '.join(wrong)}.")
    statistics = Path(data["statistics"]) if data["statistics"] is not None else None
    return Order(
        **{**data, "inputs": tuple(data["inputs"]), "outputs": tuple(data["outputs"]), "statistics": statistics}
    )


def _fields(data: Mapping[str, Any]) -> list[str]:
    wrong = [f"«{name}» is missing" for name in FIELDS if name not in data]
    kinds = {**FIELDS, **OPTIONAL}
    wrong += [f"«{name}» is not known" for name in data if name not in kinds]
    known = {name: data[name] for name in kinds if name in data}
    return wrong + [f"«{n}» is {v!r}" for n, v in known.items() if not isinstance(v, kinds[n]) or isinstance(v, bool)]


def _tensors(data: Mapping[str, Any], kind: str, needed: tuple[str, ...]) -> list[str]:
    tensors = data.get(kind)
    if not isinstance(tensors, list):
        return []  # said already
    if not tensors:
        return [f"«{kind}» is empty"]
    wrong = []
    for place, tensor in enumerate(tensors):
        missing = [name for name in needed if not isinstance(tensor, dict) or name not in tensor]
        wrong += [f"{kind}[{place}] has no «{name}»" for name in missing]
        if not missing and kind == "inputs":
            wrong += _shape(place, tensor["shape"])
    return wrong


def _shape(place: int, shape: Any) -> list[str]:
    good = (
        isinstance(shape, list) and shape[:1] == ["batch"] and all(type(size) is int and size > 0 for size in shape[1:])
    )
    return [] if good else [f"inputs[{place}] has shape {shape!r}; the first dimension is «batch», the others numbers"]
