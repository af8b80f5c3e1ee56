"""A plain graph → a .tflite file: `python -m tasks.artifacts.zoo.formats.tflite BUILD.json FOLDER OUT`.

FOLDER holds what plain.py wrote, OUT the reference, and gets model.tflite.

TensorFlow's own converter writes it, in the environment of tensorflow.lock. Inputs and outputs are those of the graph,
in its layout, with a free batch. Operators on pictures and series work with the channels last, as TensorFlow does, and
a value is turned once, when an operator needs the other order.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

from tasks.artifacts.files import written
from tasks.artifacts.zoo.command import ended
from tasks.artifacts.zoo.formats.held import Answers, compared
from tasks.artifacts.zoo.formats.tf import OPERATORS
from tasks.artifacts.zoo.formats.tf.values import HERE, Values
from tasks.errors import Refused


def write(build: Path, folder: Path, out: Path) -> None:
    """Put model.tflite beside the reference, held against it. Raises Refused."""
    graph = json.loads((folder / "graph.json").read_text())
    tf = import_module("tensorflow")
    module, function = to_function(tf, graph, load_file(folder / "constants.safetensors"))
    try:
        data = tf.lite.TFLiteConverter.from_concrete_functions([function], module).convert()
    except Exception as error:
        raise Refused(f"TensorFlow's converter refuses the graph: {' '.join(str(error).split())[:300]}") from error
    compared(build, out, "tflite", lambda batch: answers(tf, data, graph, batch))
    written(out / "model.tflite", data)


def to_function(tf: Any, graph: dict[str, Any], constants: dict[str, Any]) -> tuple[Any, Any]:
    """A module that holds nothing, and its one function with the arrays as constants."""
    shapes, types = graph["shapes"], graph["types"]
    given = [tf.TensorSpec((None, *shapes[name][1:]), types[name], name=name) for name in graph["inputs"]]

    def run(*tensors: Any) -> dict[str, Any]:
        values = Values(tf, graph, constants)
        for name, tensor in zip(graph["inputs"], tensors, strict=True):
            values.put(name, tensor)
        values.batch = tf.shape(tensors[0])[0]
        for node in graph["nodes"]:
            if node["op"] not in OPERATORS:
                raise Refused(f"The operator {node['op']} has no {HERE}.")
            OPERATORS[node["op"]](values, node)
        return {name: tf.identity(values.whole(name)) for name in graph["outputs"]}

    module = tf.Module()
    module.run = tf.function(run, input_signature=given, autograph=False)
    return module, module.run.get_concrete_function()


def answers(tf: Any, data: bytes, graph: dict[str, Any], batch: Answers) -> Answers:
    """What the file answers, on one thread."""
    interpreter = tf.lite.Interpreter(model_content=data, num_threads=1)
    runner = interpreter.get_signature_runner(next(iter(interpreter.get_signature_list())))
    found = runner(**dict(zip(graph["inputs"], batch.values(), strict=True)))
    return {name: found[name] for name in graph["outputs"]}


if __name__ == "__main__":
    sys.exit(ended(sys.argv[1:], "tasks.artifacts.zoo.formats.tflite BUILD.json FOLDER OUT", write))
