"""A plain graph → MXNet's symbol and parameters: `python -m tasks.artifacts.zoo.formats.mxnet BUILD.json FOLDER OUT`.

FOLDER holds what plain.py wrote, OUT the reference, and gets model.zip. Runs in the environment of mxnet.lock. The
batch is free; arrays are float32.
"""

import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

from tasks.artifacts.files import written
from tasks.artifacts.zips import packed
from tasks.artifacts.zoo.command import ended
from tasks.artifacts.zoo.formats.held import Answers, compared
from tasks.artifacts.zoo.formats.mx import OPERATORS
from tasks.artifacts.zoo.formats.mx.values import HERE, Values
from tasks.errors import Refused

SYMBOL, WEIGHTS = "symbol.json", "weights.params"


def write(build: Path, folder: Path, out: Path) -> None:
    """Put model.zip beside the reference, held against it. Raises Refused."""
    graph = json.loads((folder / "graph.json").read_text())
    mx = import_module("mxnet")
    try:
        symbol, arrays = to_symbol(mx, graph, load_file(folder / "constants.safetensors"))
    except (mx.MXNetError, ValueError, TypeError) as error:
        raise Refused(f"MXNet refuses the graph: {' '.join(str(error).split())[:300]}") from error
    compared(build, out, "mxnet", lambda batch: answers(mx, symbol, arrays, graph, batch))
    text = json.dumps(json.loads(symbol.tojson()), sort_keys=True)
    written(out / "model.zip", packed({SYMBOL: text.encode(), WEIGHTS: _parameters(mx, arrays)}))


def to_symbol(mx: Any, graph: dict[str, Any], constants: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The outputs as one symbol, and the arrays that it reads."""
    values = Values(mx, graph, constants)
    with mx.name.NameManager():  # counts from zero: the same names every time
        for name in graph["inputs"]:
            values.enter(name, graph["types"][name])
        for node in graph["nodes"]:
            if node["op"] not in OPERATORS:
                raise Refused(f"The operator {node['op']} has no {HERE}.")
            OPERATORS[node["op"]](values, node)
        outputs = [mx.sym.identity(values.whole(name), name=name) for name in graph["outputs"]]
    symbol = mx.sym.Group(outputs)
    return symbol, {name: array for name, array in values.arrays.items() if name in set(symbol.list_arguments())}


def answers(mx: Any, symbol: Any, arrays: dict[str, Any], graph: dict[str, Any], batch: Answers) -> Answers:
    """What the symbol answers."""
    shapes = {name: array.shape for name, array in batch.items()}
    types = {name: array.dtype for name, array in batch.items()}
    bound = symbol.simple_bind(mx.cpu(), grad_req="null", type_dict=types, **shapes)
    for name, array in {**arrays, **batch}.items():
        bound.arg_dict[name][:] = mx.nd.array(array, dtype=array.dtype)
    return {name: out.asnumpy() for name, out in zip(graph["outputs"], bound.forward(), strict=True)}


def _parameters(mx: Any, arrays: dict[str, Any]) -> bytes:
    """MXNet's binary format, by name."""
    named = {f"arg:{name}": mx.nd.array(arrays[name], dtype="float32") for name in sorted(arrays)}
    with tempfile.TemporaryDirectory() as folder:
        mx.nd.save(f"{folder}/{WEIGHTS}", named)
        return (Path(folder) / WEIGHTS).read_bytes()


if __name__ == "__main__":
    sys.exit(ended(sys.argv[1:], "tasks.artifacts.zoo.formats.mxnet BUILD.json FOLDER OUT", write))
