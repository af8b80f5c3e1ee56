"""A model as one safetensors file: float32 weights, and the layer table as JSON in the file's metadata. Data, no code.

A Network with its arrays goes in, the same bytes come out every time: parameters sorted by name, little-endian and
contiguous, one metadata entry. The agent reads such a file with `tasks/predictors/_table.py`, which needs no package.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from tasks.artifacts.files import written
from tasks.artifacts.layers import OPERATORS, Layer, Network
from tasks.artifacts.stream import Arrays
from tasks.errors import Refused

KEY = "touchstone.table"  # the entry of the metadata
VERSION = 1


def write_table(network: Network, arrays: Arrays, path: Path) -> None:
    """Put weights and table at ``path``, whole or not at all. Raises Refused for a missing or misshapen parameter."""
    named = {name: _checked(network, name, arrays) for name in sorted(network.parameters())}
    text = json.dumps(described(network), sort_keys=True, separators=(",", ":"))
    written(path, save(named, metadata={KEY: text}))


def read_table(path: Path) -> tuple[Network, dict[str, Any]]:
    """The table and its arrays, name → float32 array. Raises Refused where the file holds no table."""
    try:
        with safe_open(path, "numpy") as file:
            text = (file.metadata() or {}).get(KEY)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (no mapping)
    except SafetensorError as error:
        raise Refused(f"{path} is not a safetensors file: {error}") from error
    if text is None:
        raise Refused(f"{path} holds weights and no layer table; write it with tasks.artifacts.tables.write_table.")
    return _network(json.loads(text)), arrays


def described(network: Network) -> dict[str, Any]:
    """The table as plain JSON data."""
    return {
        "version": VERSION,
        "name": network.name,
        "input": {"name": "input", "shape": list(network.input_shape)},
        "output": "logits",
        "classes": network.classes,
        "layers": [_row(layer) for layer in network.layers],
    }


def _row(layer: Layer) -> dict[str, Any]:
    return {
        "op": layer.op,
        "name": layer.name,
        "inputs": list(layer.inputs),
        "output": layer.output,
        "attributes": dict(layer.attributes),
        "parameters": {name: list(shape) for name, shape in layer.parameters.items()},
    }


def _network(table: dict[str, Any]) -> Network:
    """The inverse of `described`; the order of a layer's parameters is that of its operator's roles."""
    layers = tuple(_layer(row) for row in table["layers"])
    return Network(table["name"], tuple(table["input"]["shape"]), table["classes"], layers)


def _layer(row: dict[str, Any]) -> Layer:
    roles, _ = OPERATORS[row["op"]]
    shapes = tuple(tuple(row["parameters"][f"{row['name']}.{role}"]) for role in roles)
    return Layer(row["op"], row["name"], tuple(row["inputs"]), row["output"], row["attributes"], shapes)


def _checked(network: Network, name: str, arrays: Arrays) -> Any:
    if name not in arrays:
        raise Refused(f"{network.name} needs the parameter {name}, which the weights do not hold.")
    shape = network.parameters()[name]
    if arrays[name].shape != shape:
        raise Refused(f"{network.name}: {name} has shape {arrays[name].shape}, the layer table says {shape}.")
    # Contiguous: safetensors writes the memory of an array as it lies there.
    return np.ascontiguousarray(arrays[name], dtype="<f4")
