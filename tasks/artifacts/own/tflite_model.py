"""A .tflite file as data: its tensors by the names of its signature, or by their own where it has none."""

from pathlib import Path

from tasks.artifacts.own.found import Found, Port, Size
from tasks.errors import Refused
from tasks.predictors._tflite_file import GRAPH, MODEL, Table, opened

TYPES = {
    0: "float32",
    1: "float16",
    2: "int32",
    3: "uint8",
    4: "int64",
    6: "bool",
    7: "int16",
    9: "int8",
    10: "float64",
}
SIGNATURES, SUBGRAPH = 7, 4  # fields of TFLite's schema, as those below
SIGNATURE, NAMED = {"inputs": 0, "outputs": 1}, {"name": 0, "tensor": 1}
TENSOR = {"shape": 0, "type": 1, "name": 3, "free": 7}


def read(path: Path) -> Found:
    """What the file says. Raises TouchstoneError where it is damaged, or no data; Refused for tensors of texts."""
    with opened(path) as model:
        graphs = list(model.tables(MODEL["subgraphs"]))
        signatures = list(model.tables(SIGNATURES))
        graph = graphs[signatures[0].number(SUBGRAPH, "<I") if signatures else 0]
        tensors = list(graph.tables(GRAPH["tensors"]))
        sides = {}
        for side in ("inputs", "outputs"):
            if signatures:
                maps = list(signatures[0].tables(SIGNATURE[side]))
                named = [(m.text(NAMED["name"]), tensors[m.number(NAMED["tensor"], "<I")]) for m in maps]
            else:
                places = graph.numbers(GRAPH[side])
                named = [(tensors[place].text(TENSOR["name"]), tensors[place]) for place in places]
            sides[side] = tuple(_port(path, name, tensor) for name, tensor in named)
        facts = (f"{len(tensors)} tensors", *(["a signature"] if signatures else []))
    return Found("tflite", path, sides["inputs"], sides["outputs"], facts=facts)


def _port(path: Path, name: str, tensor: Table) -> Port:
    kind = tensor.number(TENSOR["type"], "<b")
    if kind not in TYPES:
        raise Refused(f"{path}: the tensor «{name}» is of TFLite's type {kind}, which holds no numbers that fit here.")
    sizes = tensor.numbers(TENSOR["free"]) or tensor.numbers(TENSOR["shape"])
    return Port(name, tuple(_size(size) for size in sizes), TYPES[kind])


def _size(size: int) -> Size:
    return size if size > 0 else None
