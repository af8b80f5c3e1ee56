"""A .pt2 file as data: its tensors, from its graph. Whatever of it is pickled is refused, but for the example inputs.

torch.export.save pickles these; they are not needed, and `stripped` writes the same archive without them.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

from tasks.artifacts.files import placed
from tasks.artifacts.own.found import Found, Port, Size
from tasks.errors import Refused
from tasks.predictors._pt2_file import require_data

# torch/_export/serde/schema.py, ScalarType
TYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64", 12: "bool"
}  # fmt: skip
EXAMPLES = "/data/sample_inputs/"
TABLES = "torch.ops.aten.embedding.default"


def read(path: Path) -> Found:
    """What the file says; its tensors are numbered, for theirs is an order and no names. Raises Refused."""
    require_data(path, examples=True)
    with zipfile.ZipFile(path) as archive:
        name = next(n for n in archive.namelist() if n.endswith("/models/model.json"))
        program = json.loads(archive.read(name))
        pickled = any(EXAMPLES in entry.filename and entry.file_size for entry in archive.infolist())
    graph, signature = program["graph_module"]["graph"], program["graph_module"]["signature"]
    given = [spec["user_input"]["arg"] for spec in signature["input_specs"] if "user_input" in spec]
    answers = [spec["user_output"]["arg"] for spec in signature["output_specs"] if "user_output" in spec]
    inputs = tuple(_port(path, "input", k, arg, graph, len(given)) for k, arg in enumerate(given))
    outputs = tuple(_port(path, "output", k, arg, graph, len(answers)) for k, arg in enumerate(answers))
    remarks = ("its example inputs are pickled: the copy here is without them",) if pickled else ()
    return Found("pt2", path, inputs, outputs, facts=(f"torch {program.get('torch_version', '?')}",), remarks=remarks)


def _port(path: Path, kind: str, place: int, arg: dict[str, Any], graph: dict[str, Any], count: int) -> Port:
    name = arg["as_tensor"]["name"] if "as_tensor" in arg else ""
    if name not in graph["tensor_values"]:
        raise Refused(f"{path}: the {kind} {place} is no tensor; export a module that takes and gives tensors only.")
    tensor = graph["tensor_values"][name]
    if tensor["dtype"] not in TYPES:
        raise Refused(f"{path}: the {kind} {place} is of torch's type {tensor['dtype']}, which NumPy does not have.")
    shape = tuple(_size(size) for size in tensor["sizes"])
    rows = _rows(name, graph)
    why = f"the table that it looks up in has {rows} rows" if rows else ""
    called = name if kind == "input" else (kind if count == 1 else f"{kind}_{place}")
    return Port(called, shape, TYPES[tensor["dtype"]], (0, rows - 1) if rows else None, why)


def _size(size: dict[str, Any]) -> Size:
    if "as_int" in size:
        return int(size["as_int"])
    return str(size["as_expr"]["expr_str"]).removeprefix("Symbol('").partition("'")[0] or None


def _rows(name: str, graph: dict[str, Any]) -> int | None:
    """The rows of the smallest table that looks it up."""
    found = []
    for node in graph["nodes"]:
        names = [given["arg"].get("as_tensor", {}).get("name") for given in node["inputs"]]
        if node["target"] == TABLES and names[1:2] == [name] and names[0] in graph["tensor_values"]:
            found.append(int(graph["tensor_values"][names[0]]["sizes"][0]["as_int"]))
    return min(found, default=None)


def stripped(path: Path, target: Path) -> None:
    """The archive without example inputs: every other member as it is."""
    with placed(target) as file, zipfile.ZipFile(path) as source, zipfile.ZipFile(file, "w") as kept:
        for entry in source.infolist():
            kept.writestr(entry, b"" if EXAMPLES in entry.filename else source.read(entry), zipfile.ZIP_STORED)
