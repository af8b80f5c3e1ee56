"""What an MXNet file declares, and that it is data: members, operators, inputs, outputs.

MXNet calls an output «logits_output» where the manifest says «logits». Operators that reach into the process are
refused.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from tasks.errors import TouchstoneError
from tasks.predictors.base import Setup, require_tensors

SYMBOL, WEIGHTS = "symbol.json", "weights.params"
SUFFIX = "_output"
DTYPES = {"0": "float32", "1": "float64", "2": "float16", "3": "uint8", "4": "int32", "5": "int8", "6": "int64"}
# They call Python by name, or follow an address that the file gives.
REFUSED = {"Custom", "_CustomFunction", "_NDArray", "_Native"}


def members(path: Path) -> tuple[str, bytes]:
    """The graph and the weights, unread."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = sorted(archive.namelist())
            if found != [SYMBOL, WEIGHTS]:
                raise TouchstoneError(f"{path.name} holds {', '.join(found)} instead of {SYMBOL} and {WEIGHTS}.")
            return archive.read(SYMBOL).decode(), archive.read(WEIGHTS)
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise TouchstoneError(f"{path.name} is not a whole ZIP of {SYMBOL} and {WEIGHTS}: {line(error)}") from error


def require_data(path: Path, text: str) -> None:
    """The graph is one, and none of its operators runs code."""
    try:
        used = {node["op"] for node in json.loads(text)["nodes"]}
    except (ValueError, KeyError, TypeError) as error:
        raise TouchstoneError(f"{path.name}: {SYMBOL} is not a graph of MXNet.") from error
    if bad := sorted(used & REFUSED):
        raise TouchstoneError(f"{path.name} has the operator {', '.join(bad)}, which runs code: model files are data.")


def check_inputs(path: Path, symbol: Any, weights: Any, setup: Setup) -> None:
    """What has no array is an input of the manifest, or the file is not whole."""
    if not isinstance(weights, dict):
        raise TouchstoneError(f"{path.name}: the arrays have no names. Save them as arg:name and aux:name.")
    attributes, asked = symbol.attr_dict(), {tensor["name"]: tensor for tensor in setup.inputs}
    free = [name for name in symbol.list_arguments() if f"arg:{name}" not in weights]
    free += [name for name in symbol.list_auxiliary_states() if f"aux:{name}" not in weights]
    found = {name: _declared(attributes.get(name, {}), asked.get(name)) for name in free}
    require_tensors("input", found, setup.inputs)
    if missing := [name for name in free if name not in asked]:
        raise TouchstoneError(f"{path.name} has no array for {', '.join(missing[:5])} ({len(missing)} are missing).")


def _declared(attributes: dict[str, str], asked: dict[str, Any] | None) -> tuple[list[Any], str]:
    """Shape and dtype that the graph states for an input; where it states none, those of the manifest hold."""
    shape, code = attributes.get("__shape__"), attributes.get("__dtype__")
    asked = asked or {"shape": [], "dtype": ""}
    found = [n or "batch" for n in json.loads(f"[{shape.strip('(),')}]")] if shape else list(asked["shape"])
    return found, DTYPES.get(code, code) if code else asked["dtype"]


def check_outputs(symbol: Any, setup: Setup) -> None:
    """What follows for the outputs from the manifest's inputs."""
    given = {t["name"]: tuple(n if isinstance(n, int) else 1 for n in t["shape"]) for t in setup.inputs}
    _, shapes, _ = symbol.infer_shape(**given)
    _, types, _ = symbol.infer_type(**{tensor["name"]: tensor["dtype"] for tensor in setup.inputs})
    names = output_names(symbol)
    outputs = {
        name: (["batch", *shape[1:]], kind.__name__)
        for name, shape, kind in zip(names, shapes, types)  # noqa: B905  (strict= is newer than Python 3.9)
    }
    require_tensors("output", outputs, setup.outputs)


def output_names(symbol: Any) -> list[str]:
    """As the manifest says them, in the graph's order."""
    return [name[: -len(SUFFIX)] if name.endswith(SUFFIX) else name for name in symbol.list_outputs()]


def line(error: Exception) -> str:
    """The reason alone: MXNet puts its own stack in front of it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join([line for line in lines if not line.startswith(("[bt]", "Stack trace", "Traceback"))])[:300]
