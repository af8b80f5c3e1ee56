"""Pieces in a software's own environment: one process of it, which is told of piece after piece through files.

In: an interpreter and what the predictor is told. Out: values by name. The process ends with the block.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, shape_inference

from tasks import ROOT
from tasks.artifacts.layerwise.pieces import Values, writes
from tasks.errors import Refused, TouchstoneError

MODULE = "tasks.agent.piecewise"


@dataclass(frozen=True)
class Software:
    """Runs pieces in the process; ``said`` is the part of every request that stays, ``table`` a layer table's file."""

    title: str
    process: "subprocess.Popen[str]"
    folder: Path
    said: Mapping[str, Any]
    table: Path | None = None

    def answers(self, piece: onnx.ModelProto, given: Mapping[str, NDArray[Any]]) -> Values:
        """name → value. Raises Refused with what the software says of the piece."""
        names = [value.name for value in piece.graph.output]
        files = {kind: str(self.folder / f"{kind}.npz") for kind in ("given", "answers")}
        arrays: dict[str, Any] = {f"v{place}": array for place, array in enumerate(given.values())}
        np.savez(files["given"], **arrays)
        self._ask({**self.said, **files, **self._model(piece), **_tensors(piece, given)})
        with np.load(files["answers"]) as file:
            return {name: file[f"v{place}"] for place, name in enumerate(names)}

    def _model(self, piece: onnx.ModelProto) -> dict[str, Any]:
        if self.table is not None:
            return {"path": str(self.table), "layers": [name for node in piece.graph.node for name in writes(node)]}
        path = self.folder / "piece.onnx"
        path.write_bytes(piece.SerializeToString())
        return {"path": str(path)}

    def _ask(self, request: dict[str, Any]) -> None:
        assert self.process.stdin and self.process.stdout
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise TouchstoneError(f"{self.title} ended while it ran a piece of the model.")
        if why := json.loads(line).get("why"):
            nodes = ", ".join(layer for layer in request.get("layers", [])[:3])
            raise Refused(f"{self.title} does not run a piece of the model{f' ({nodes})' if nodes else ''}: {why}")


def _tensors(piece: onnx.ModelProto, given: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    inputs = [{"name": name, "dtype": array.dtype.name} for name, array in given.items()]
    known = {value.name: value.type.tensor_type.elem_type for value in shape_inference.infer_shapes(piece).graph.output}
    if unknown := [name for name, kind in known.items() if not kind]:
        raise Refused(f"The type of {unknown[0]} cannot be told from the model file, so it is not looked at by layer.")
    outputs = [
        {"name": value.name, "dtype": helper.tensor_dtype_to_np_dtype(known[value.name]).name}
        for value in piece.graph.output
    ]
    return {"inputs": inputs, "outputs": outputs}


@contextmanager
def in_software(
    title: str, python: Path, environment: Mapping[str, str], said: Mapping[str, Any], table: Path | None = None
) -> Iterator[Software]:
    """The process, as long as the block lasts. ``said``: framework, plugin, options, device, threads."""
    with (
        tempfile.TemporaryDirectory(prefix="touchstone-") as folder,
        subprocess.Popen(
            [str(python), "-m", MODULE],
            cwd=ROOT,
            env=dict(environment),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process,
    ):
        try:
            yield Software(title, process, Path(folder), said, table)
        finally:
            process.kill()
