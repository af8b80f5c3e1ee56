"""Build one model: `python -m tasks.stacks tasks/artifacts/zoo/torch.lock -m tasks.artifacts.zoo BUILD.json FOLDER`.

Writes model.onnx, model.pt2, reference.safetensors, and facts.json into FOLDER; progress goes to standard error. Exit 2
with one sentence when the model cannot be built, or when a file would answer something else than float64.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch

from tasks.artifacts.files import sha256_of, written
from tasks.artifacts.zoo import export, layers, reference
from tasks.artifacts.zoo.command import ended
from tasks.artifacts.zoo.making import made
from tasks.artifacts.zoo.order import Order, read
from tasks.errors import Refused

FILES = ("model.onnx", "model.pt2", "reference.safetensors")


def build(order: Order, folder: Path) -> dict[str, Any]:
    """Write everything into ``folder`` and return what facts.json holds. Raises Refused."""
    started = time.monotonic()
    onnx, pt2, kept = (folder / name for name in FILES)
    _say(f"{order.name}: weights from seed {order.seed} …")
    module = made(order)
    batch = reference.batch_of(order)
    expected, macs = reference.in_double(order, module, batch)
    _say(f"{order.name}: exporting …")
    program = export.exported(order, module, [torch.from_numpy(array) for array in batch])
    nodes, traced = export.write_onnx(order, program, onnx)
    export.write_pt2(program, pt2)
    _say(f"{order.name}: comparing with float64 …")
    off = _compared(order, traced, onnx, pt2, batch, expected)
    reference.write_reference(order, expected, kept)
    facts = {**reference.facts(module, expected, macs), "nodes": nodes, "off": off}
    facts["sha256"] = {name: sha256_of(folder / name) for name in FILES}
    facts["seconds"] = round(time.monotonic() - started, 1)
    written(folder / "facts.json", (json.dumps(facts, indent=1) + "\n").encode())
    _say(f"… {order.name} ready in {facts['seconds']} s")
    return facts


def _compared(order: Order, traced: Any, onnx: Path, pt2: Path, batch: Any, expected: Any) -> dict[str, float]:
    """How far both files answer from float64, as a share of an output's standard deviation.

    Raises Refused, with the first layer of the ONNX file that is out of tolerance.
    """
    with reference.answering(order, "onnxruntime"):
        answers = reference.answers_of_onnx(onnx, order, batch)
    try:
        off = {"onnx": reference.require_equal(order, "onnxruntime", answers, expected)}
    except Refused as mistake:
        raise Refused(f"{mistake} {layers.first_off(order, traced, onnx, batch)}") from None
    with reference.answering(order, "torch.export"):
        answers = reference.answers_of_pt2(pt2, batch)
    return {**off, "pt2": reference.require_equal(order, "torch.export", answers, expected)}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(
        ended(sys.argv[1:], "tasks.artifacts.zoo BUILD.json FOLDER", lambda order, folder: build(read(order), folder))
    )
