"""A .pt2 file as a torch module: one exported program with a free batch, opened once it is known to be data.

Lean, Python 3.9. Its tensors have no names that last, so they are those of the manifest by their order.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from tasks.errors import TouchstoneError
from tasks.predictors._pt2_file import require_data
from tasks.predictors.base import Setup, line, require_tensors


def program(path: Path, setup: Setup, device: Any) -> Any:
    """The module on its device: tensors in the manifest's order → a tensor, or several."""
    require_data(path)
    export: Any = importlib.import_module("torch.export")
    try:
        found = export.load(path)
        if device.type != "cpu":
            found = importlib.import_module("torch.export.passes").move_to_device_pass(found, device)
    except Exception as error:  # torch's own, zipfile's, and json's share no base
        raise TouchstoneError(f"torch cannot open {path.name}: {line(error)}") from error
    signature, nodes = found.graph_signature, {node.name: node for node in found.graph.nodes}
    for kind, names, asked in (
        ("input", signature.user_inputs, setup.inputs),
        ("output", signature.user_outputs, setup.outputs),
    ):
        _require_as_many(kind, names, asked, path)
        pairs = zip(asked, names)  # noqa: B905  (Python 3.9)
        require_tensors(kind, {tensor["name"]: _declared(nodes[name]) for tensor, name in pairs}, asked)
    return found.module()


def _require_as_many(kind: str, names: Any, asked: list[dict[str, Any]], path: Path) -> None:
    if len(names) != len(asked):
        raise TouchstoneError(f"{path.name} has {len(names)} {kind}s, the manifest names {len(asked)}.")


def _declared(node: Any) -> tuple[list[Any], str]:
    """Shape, with None where it is free, and type."""
    value = node.meta["val"]
    shape = [size if isinstance(size, int) else None for size in value.shape]
    return shape, str(value.dtype).replace("torch.", "")
