"""Reads a model of the format «table»: a safetensors file whose metadata hold the layer table as JSON.

In: a path. Out: a `Table` in which every operator is known, every parameter there, and every shape fits, or Refused
with a sentence. Nothing of the file is executed; arrays are read-only views of the mapped file. Lean, Python 3.9.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tasks.errors import Refused
from tasks.predictors._operators import OPERATORS, Shape
from tasks.predictors.base import Setup, require_tensors

KEY = "touchstone.table"
VERSION = 1
LONGEST_HEADER = 100_000_000  # bytes, as safetensors itself has it
PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@dataclass(frozen=True)
class Layer:
    """One operator with its parameters, in the order of its roles."""

    op: str
    name: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, Any]
    parameters: tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """Layers in an order in which they can run. ``shapes`` are those of the values, without the batch."""

    name: str
    input: str
    output: str
    layers: tuple[Layer, ...]
    shapes: dict[str, Shape]


def read(path: Path) -> Table:
    """The checked table. Raises Refused."""
    try:
        header, data = opened(path)
        table = json.loads(header.get("__metadata__", {})[KEY])
        if table["version"] != VERSION:
            raise Refused(f"it has version {table['version']}, this reader knows {VERSION}")
        return _checked(table, header, data)
    except Refused as error:
        raise Refused(f"{path.name} is no model of the format «table»: {error}. {_WAY_OUT}") from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        why = f"{type(error).__name__}: {error}" if str(error) != f"'{KEY}'" else f"its metadata have no «{KEY}»"
        raise Refused(f"{path.name} is no model of the format «table»: {why}. {_WAY_OUT}") from None


def require_same(table: Table, setup: Setup) -> None:
    """The table's input and output are those of the manifest, or TouchstoneError with both."""
    for kind, name, asked in (("input", table.input, setup.inputs), ("output", table.output, setup.outputs)):
        require_tensors(kind, {name: (["batch", *table.shapes[name]], "float32")}, asked)


_WAY_OUT = "Fetch it again, or write it with tasks.artifacts.tables.write_table."


def opened(path: Path) -> tuple[dict[str, Any], Any]:
    """The header of a safetensors file as JSON, and the bytes behind it, mapped. Raises Refused."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        if start.startswith(PICKLES):
            raise Refused("it is a pickle or a zip, as torch.save writes them; those can run code and are never opened")
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length > min(size - 8, LONGEST_HEADER):
            raise Refused(f"it is cut off, or not safetensors: {size} bytes with a header of {length}")
        header = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise Refused("its header is no JSON object")
    data = np.memmap(path, np.uint8, "r", 8 + length) if size > 8 + length else np.zeros(0, np.uint8)
    return header, data


def _array(header: dict[str, Any], data: Any, name: str) -> Any:
    if name not in header:
        raise Refused(f"the parameter {name} is not there")
    dtype, shape, (start, end) = (header[name][key] for key in ("dtype", "shape", "data_offsets"))
    if dtype != "F32":
        raise Refused(f"{name} is {dtype}, not F32")
    if not 0 <= start <= end <= len(data) or end - start != 4 * math.prod(shape):
        raise Refused(f"{name} of shape {shape} is said to lie in bytes {start} to {end} of {len(data)}: it is cut off")
    return data[start:end].view("<f4").reshape(shape)


def _checked(table: dict[str, Any], header: dict[str, Any], data: Any) -> Table:
    """Walk the table once: what a layer reads has been written, and fits."""
    given = table["input"]
    shapes = {given["name"]: tuple(int(side) for side in given["shape"])}
    layers = []
    for row in table["layers"]:
        layer = _layer(row, header, data)
        try:
            shapes[layer.output] = _shape(layer, shapes)
        except Refused as error:
            raise Refused(f"in the layer {layer.name}, {error}") from None
        layers.append(layer)
    if table["output"] not in shapes:
        raise Refused(f"no layer writes its output «{table['output']}»")
    return Table(table["name"], given["name"], table["output"], tuple(layers), shapes)


def _layer(row: dict[str, Any], header: dict[str, Any], data: Any) -> Layer:
    if row["op"] not in OPERATORS:
        raise Refused(f"the layer {row['name']} has the unknown operator «{row['op']}»; known: {', '.join(OPERATORS)}")
    roles = OPERATORS[row["op"]][1]
    names = [f"{row['name']}.{role}" for role in roles]
    if sorted(row["parameters"]) != sorted(names):
        raise Refused(f"the layer {row['name']} has the parameters {sorted(row['parameters'])}, not {sorted(names)}")
    arrays = [_array(header, data, name) for name in names]
    for name, array in zip(names, arrays):  # noqa: B905  (strict= is newer than Python 3.9)
        if list(array.shape) != row["parameters"][name]:
            raise Refused(f"{name} has shape {list(array.shape)}, the table says {row['parameters'][name]}")
    return Layer(row["op"], row["name"], tuple(row["inputs"]), row["output"], row["attributes"], tuple(arrays))


def _shape(layer: Layer, shapes: dict[str, Shape]) -> Shape:
    count, _, attributes, law = OPERATORS[layer.op]
    if unwritten := [name for name in layer.inputs if name not in shapes]:
        raise Refused(f"«{unwritten[0]}» is read before it is written")
    if len(layer.inputs) != count or sorted(layer.attributes) != sorted(attributes) or layer.output in shapes:
        raise Refused(f"the operator {layer.op} takes {count} inputs, one new output, and {attributes}")
    return law(layer.attributes, [shapes[name] for name in layer.inputs], [p.shape for p in layer.parameters])
