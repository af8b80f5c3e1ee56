"""That a .tflite file is data, and whole: built-in operators only, no other file, every table and buffer inside it.

A FlatBuffer (flatbuffers.dev, «Internals»): little-endian; an offset counts from where it stands; a table begins with
the way back to its vtable, which says where each field lies. The places of the fields are those of TFLite's schema.
Lean, Python 3.9.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.errors import TouchstoneError

IDENTIFIER = b"TFL3"
MODEL = {"operator_codes": 1, "subgraphs": 2, "buffers": 4, "external_buffers": 9}
CODE = {"deprecated": 0, "custom_code": 1, "builtin": 3}
GRAPH = {"tensors": 0, "inputs": 1, "outputs": 2, "operators": 3}
TENSOR = {"shape": 0}
OPERATOR = {"inputs": 1, "outputs": 2}
BUFFER = {"data": 0, "offset": 1, "size": 2}
CUSTOM = 32  # BuiltinOperator_CUSTOM


def require_data(path: Path) -> None:
    """The file is a whole model of built-in operators, or TouchstoneError."""
    with opened(path):
        pass


@contextmanager
def opened(path: Path) -> Iterator[Table]:
    """The model of the file, known to be whole and of built-in operators; TouchstoneError where it is not."""
    with path.open("rb") as file:
        if file.read(8)[4:] != IDENTIFIER:
            raise TouchstoneError(
                f"{path.name} is not a .tflite file: it does not say {IDENTIFIER.decode()} at byte 4."
            )
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                model = Table(data, _target(data, 0))
                _require_whole(model)
                foreign = _foreign(model)
            except ValueError as error:
                raise TouchstoneError(f"{path.name} is cut off, or damaged: {error}. Fetch it again.") from error
            if foreign:
                raise TouchstoneError(
                    f"{path.name} has {', '.join(foreign)}. Model files are data: convert the model without custom "
                    "operators, without TensorFlow's own (Flex), and with its weights inside."
                )
            yield model


@dataclass(frozen=True)
class Table:
    """A table of the file. Reading outside the file raises ValueError."""

    data: Any
    at: int

    def field(self, number: int) -> int | None:
        """Where a field lies; None where it is left out."""
        vtable = self.at - _read(self.data, "<i", self.at)
        size, place = _read(self.data, "<H", vtable), 4 + 2 * number
        offset = _read(self.data, "<H", vtable + place) if place < size else 0
        return self.at + offset if offset else None

    def number(self, field: int, form: str) -> int:
        """An integer; 0 where it is left out, as in TFLite's schema."""
        at = self.field(field)
        return 0 if at is None else _read(self.data, form, at)

    def vector(self, field: int, bytes_each: int) -> range:
        """Where the elements of a vector lie; it is whole."""
        at = self.field(field)
        if at is None:
            return range(0)
        start = _target(self.data, at)
        end = start + 4 + bytes_each * _read(self.data, "<I", start)
        _require_inside(self.data, end)
        return range(start + 4, end, bytes_each)

    def numbers(self, field: int) -> list[int]:
        """The elements of a vector of whole numbers, 4 bytes each."""
        return [_read(self.data, "<i", at) for at in self.vector(field, 4)]

    def text(self, field: int) -> str:
        """A text; empty where it is left out."""
        letters = self.vector(field, 1)
        return bytes(self.data[letters.start : letters.stop]).decode(errors="replace")

    def tables(self, field: int) -> Iterator[Table]:
        """The tables of a vector."""
        return (Table(self.data, _target(self.data, at)) for at in self.vector(field, 4))


def _foreign(model: Table) -> list[str]:
    """What is not in the runtime, or not in this file."""
    found = ["weights in other files"] if model.vector(MODEL["external_buffers"], 4) else []
    for code in model.tables(MODEL["operator_codes"]):
        name = code.text(CODE["custom_code"])
        kinds = code.number(CODE["deprecated"], "<b"), code.number(CODE["builtin"], "<i")
        if name or CUSTOM in kinds:
            found.append(f"the operator {name or 'without a name'}")
    return found


def _require_whole(model: Table) -> None:
    """What the runtime follows lies inside this file."""
    for graph in model.tables(MODEL["subgraphs"]):
        for tensor in graph.tables(GRAPH["tensors"]):
            tensor.vector(TENSOR["shape"], 4)
        for operator in graph.tables(GRAPH["operators"]):
            for side in ("inputs", "outputs"):
                operator.vector(OPERATOR[side], 4)
        for side in ("inputs", "outputs"):
            graph.vector(GRAPH[side], 4)
    for buffer in model.tables(MODEL["buffers"]):
        buffer.vector(BUFFER["data"], 1)
        _require_inside(model.data, buffer.number(BUFFER["offset"], "<Q") + buffer.number(BUFFER["size"], "<Q"))


def _require_inside(data: Any, end: int) -> None:
    if end > len(data):
        raise ValueError(f"{end} bytes are needed, {len(data)} are there")


def _target(data: Any, at: int) -> int:
    """Where an offset leads."""
    return at + _read(data, "<I", at)


def _read(data: Any, form: str, at: int) -> int:
    if at < 0:
        raise ValueError("an offset leads out of it")
    _require_inside(data, at + struct.calcsize(form))
    value: int = struct.unpack_from(form, data, at)[0]
    return value
