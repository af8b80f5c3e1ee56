"""Small real model files, made by code: ONNX by onnx's own helpers, a SavedModel's bytes, a .keras file's layers."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

FLOAT, LONG = TensorProto.FLOAT, TensorProto.INT64


def value(name: str, kind: int, *shape: Any) -> Any:
    """An input or output; None is a free dimension without a name."""
    return helper.make_tensor_value_info(name, kind, list(shape))


def onnx_file(
    path: Path, nodes: list[Any], inputs: list[Any], outputs: list[Any], weights: Any = (), opset: int = 17
) -> Path:
    """A model with these parts; ``weights``: name → array."""
    tensors = [numpy_helper.from_array(np.asarray(array), name) for name, array in dict(weights).items()]
    graph = helper.make_graph(nodes, "own", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(model, str(path))
    return path


def doubled(path: Path, *shape: Any, kind: int = FLOAT, name: str = "x", opset: int = 17) -> Path:
    """y = x + x, of any shape."""
    return onnx_file(path, [helper.make_node("Add", [name, name], ["y"])], [value(name, kind, *shape)],
                     [value("y", kind, *shape)], opset=opset)  # fmt: skip


def embedded(path: Path, rows: int = 50) -> Path:
    """Ids and a mask → the mean of the rows of a table; a position outside the table ends the process or fails."""
    table = np.random.default_rng(0).standard_normal((rows, 4)).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["input_ids"], ["whole"], to=LONG),
        helper.make_node("Gather", ["table", "whole"], ["found"], axis=0),
        helper.make_node("Cast", ["attention_mask"], ["share"], to=FLOAT),
        helper.make_node("Unsqueeze", ["share", "last"], ["wide"]),
        helper.make_node("Mul", ["found", "wide"], ["masked"]),
        helper.make_node("ReduceMean", ["masked"], ["mean"], axes=[1], keepdims=0),
    ]
    ids = [value("input_ids", LONG, "batch", "sequence"), value("attention_mask", LONG, "batch", "sequence")]
    return onnx_file(path, nodes, ids, [value("mean", FLOAT, "batch", 4)], {"table": table, "last": np.array([-1])})


def external(path: Path, location: str) -> Path:
    """A model whose weight is said to lie in another file; the file is the caller's."""
    weight = numpy_helper.from_array(np.ones((3, 3), np.float32), "weight")
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    for key, said in {"location": location, "offset": "0", "length": "36"}.items():
        entry = weight.external_data.add()
        entry.key, entry.value = key, said
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "weight"], ["y"])], "own",
                              [value("x", FLOAT, "batch", 3)], [value("y", FLOAT, "batch", 3)], [weight])  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path


def message(*fields: tuple[int, Any]) -> bytes:
    """Protocol buffers' wire format: numbers as varints, bytes and texts with their length."""
    made = b""
    for number, content in fields:
        if isinstance(content, int):
            made += _varint(number << 3) + _varint(content % (1 << 64))
        else:
            data = content.encode() if isinstance(content, str) else content
            made += _varint(number << 3 | 2) + _varint(len(data)) + data
    return made


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    return bytes([*made, number])


def saved_model(
    folder: Path,
    operators: tuple[str, ...] = ("MatMul",),
    signature: str = "serving_default",
    calls: str = "MatMul",
    old: bool = False,
) -> Path:
    """What TensorFlow writes, as far as it says something: x (batch, 3) float32 → y (batch, 2) float32.

    ``calls``: what the function that serves has in it; another one, «traced_save», stores. ``old``: as TensorFlow 1.
    """

    def tensor(name: str, *sizes: int) -> bytes:
        shape = message(*((2, message((1, size))) for size in sizes))
        return message((1, name), (2, message((1, f"{name}:0"), (2, 1), (3, shape))))

    nodes = message(*((1, message((1, f"n{k}"), (2, op))) for k, op in enumerate(operators)))
    asked = message((1, tensor("x", -1, 3)), (2, tensor("y", -1, 2)))
    storing = message((1, message((1, "traced_save"))), (3, message((1, "s"), (2, "SaveV2"))))
    serving = message((1, message((1, "serve"))), (3, message((1, "c"), (2, calls))))
    library = message((2, message((1, storing), (1, serving))))
    objects = () if old else ((7, "serve"),)
    graph = message((2, nodes + library), (5, message((1, signature), (2, asked))), *objects)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "saved_model.pb").write_bytes(message((1, 1), (2, graph)))
    (folder / "variables").mkdir(exist_ok=True)
    (folder / "variables" / "variables.index").write_bytes(b"index")
    return folder


def keras_file(path: Path, *layers: dict[str, Any], kind: str = "Sequential") -> Path:
    """The three members of a .keras file, without weights."""
    config = {"module": "keras", "class_name": kind, "config": {"name": "own", "layers": list(layers)}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.writestr("model.weights.h5", b"")
    return path


def layer(kind: str, name: str, **config: Any) -> dict[str, Any]:
    """One layer of Keras's own."""
    return {"module": "keras.layers", "class_name": kind, "config": {"name": name, "dtype": "float32", **config}}
