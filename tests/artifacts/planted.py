"""`python -m tests.artifacts.planted BUILD.json FOLDER`, in the environment of torch.lock: an export that goes wrong.

The file that was just written gets other weights in one convolution before it is compared, as a mistaken exporter would
leave it; what the build then says goes to standard error.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from tasks.artifacts.zoo import __main__ as zoo
from tasks.artifacts.zoo import export
from tasks.artifacts.zoo.command import ended
from tasks.artifacts.zoo.order import read

WHOLE = export.write_onnx


def wrong(order: Any, program: Any, path: Path) -> Any:
    """The weights of the second convolution of a ResNet, a tenth larger."""
    found = WHOLE(order, program, path)
    model = onnx.load(path)
    name = [node for node in model.graph.node if node.op_type == "Conv"][1].input[1]
    (tensor,) = [tensor for tensor in model.graph.initializer if tensor.name == name]
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * np.float32(1.1), name))
    onnx.save(model, path)
    return found


if __name__ == "__main__":
    export.write_onnx = wrong
    sys.exit(ended(sys.argv[1:], "tests.artifacts.planted BUILD.json FOLDER", lambda o, f: zoo.build(read(o), f)))
