"""What a SavedModel says of itself, read from saved_model.pb without TensorFlow: its signature, and its operators.

Protocol buffers' wire format (protobuf.dev, «Encoding»): a key is field × 8 + kind; kind 0 a varint, 1 eight bytes,
2 a length and as many bytes, 5 four. Fields are those of TensorFlow's saved_model.proto, meta_graph.proto, graph.proto.
A graph is a program: operators that reach files, the network, or Python are refused. Those that write and read
checkpoints are in every SavedModel, in functions of their own that loading it never calls; nowhere else may they be.
Lean, Python 3.9.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

from tasks.errors import TouchstoneError

SIGNATURE = "serving_default"
TYPES = {
    1: "float32",
    2: "float64",
    3: "int32",
    4: "uint8",
    5: "int16",
    6: "int8",
    9: "int64",
    10: "bool",
    19: "float16",
}
STORING = {"SaveV2", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename"}
GRAPH, SIGNATURES, OBJECTS = 2, 5, 7  # fields of a MetaGraphDef
FOREIGN = re.compile(
    r"py_?func|file|reader|dataset|iterator|rpc|socket|summary|debug|collective|^_?(send|recv|host)|^save|^restore|^load"
    r"|^immutableconst|vocab|checkpoint|^remote|^tpu|xla_?(host|launch)|decodeproto|encodeproto|printv2|bigtable|kafka",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Signature:
    """The tensors of «serving_default»: name → (shape or None where it is not known, dtype)."""

    inputs: dict[str, tuple[list[int | None] | None, str]]
    outputs: dict[str, tuple[list[int | None] | None, str]]


def require_data(folder: Path) -> Signature:
    """The signature, of a model whose operators compute and nothing else; or TouchstoneError."""
    path = folder / "saved_model.pb"
    try:
        graphs = [part for number, part in fields(path.read_bytes()) if number == 2]
        if not graphs:
            raise ValueError("it holds no graph")
        parts = list(fields(graphs[0]))
        if not any(number == OBJECTS for number, _ in parts):
            raise ValueError("it is of TensorFlow 1, which runs its graph to load it; save it with TensorFlow 2")
        if foreign := _foreign(parts):
            raise TouchstoneError(
                f"{path} has the operator {', '.join(foreign[:5])}, which reaches beyond the model (files, the "
                "network, or Python). Model files are data: export the part that computes, without reading or decoding."
            )
        return _signature(path, parts)
    except (ValueError, IndexError, TypeError, AttributeError) as error:
        raise TouchstoneError(f"{path} is cut off, or damaged, or no SavedModel: {error}") from error


def fields(data: Any) -> Iterator[tuple[int, Any]]:
    """Field number and value (a whole number, or bytes), in the order of the message."""
    view, at = memoryview(data), 0
    while at < len(view):
        key, at = _varint(view, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(view, at)
            yield number, value
            continue
        size, at = (_varint(view, at)) if kind == 2 else ({1: 8, 5: 4}[kind], at) if kind in (1, 5) else (-1, at)
        if size < 0 or at + size > len(view):
            raise ValueError(f"field {number} ends outside the file")
        yield number, view[at : at + size]
        at += size


def _varint(view: Any, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = view[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("a number has no end")


def _foreign(parts: list[tuple[int, Any]]) -> list[str]:
    """The operators that reach beyond the model, in the graph and in the functions of its library."""
    functions, found = {}, set()
    for graph in (value for number, value in parts if number == GRAPH):
        for number, value in fields(graph):
            if number == 1:
                found |= {op for op in _named(value) if FOREIGN.search(op)}
            elif number == 2:
                functions.update({_called(f): bytes(f) for n, f in fields(value) if n == 1})
    objects = b"".join(bytes(value) for number, value in parts if number == OBJECTS)
    for name, body in functions.items():
        ops = {op for n, node in fields(body) if n == 3 for op in _named(node) if FOREIGN.search(op)}
        others = (other for called, other in functions.items() if called != name)
        reached = name.encode() in objects or any(name.encode() in other for other in others)
        found |= ops if reached else ops - STORING
    return sorted(found)


def _called(function: Any) -> str:
    """The name of a function: the first field of its signature."""
    signature = next(value for number, value in fields(function) if number == 1)
    return bytes(dict(fields(signature))[1]).decode()


def _named(node: Any) -> Iterator[str]:
    return (bytes(value).decode() for number, value in fields(node) if number == 2)


def _signature(path: Path, parts: list[tuple[int, Any]]) -> Signature:
    signatures = dict(_entry(value) for number, value in parts if number == SIGNATURES)
    if SIGNATURE not in signatures:
        known = ", ".join(sorted(name for name in signatures if not name.startswith("__"))) or "none"
        raise TouchstoneError(
            f"{path} has no signature «{SIGNATURE}»; it has {known}. Save it with "
            f"signatures={{'{SIGNATURE}': function}}."
        )
    sides: dict[int, dict[str, Any]] = {1: {}, 2: {}}
    for number, value in fields(signatures[SIGNATURE]):
        if number in sides:
            name, tensor = _entry(value)
            sides[number][name] = _tensor(tensor)
    return Signature(sides[1], sides[2])


def _entry(data: Any) -> tuple[str, Any]:
    """An entry of a map: key and value."""
    found = dict(fields(data))
    return bytes(found[1]).decode(), found.get(2, b"")


def _tensor(data: Any) -> tuple[list[int | None] | None, str]:
    found = dict(fields(data))
    shape = list(fields(found.get(3, b"")))
    sizes = [dict(fields(value)).get(1, 0) for number, value in shape if number == 2]
    unknown = any(number == 3 and value for number, value in shape)
    return None if unknown else [size if size < 1 << 63 else None for size in sizes], TYPES.get(
        found.get(2, 0), "other"
    )
