"""The manifest of the user's own model: `conf/model/<name>.yaml`, with «???» where only accuracy depends on the answer.

In: what was found and described. Out: the fields as plain data, and their text.
"""

from pathlib import Path
from typing import Any

import yaml

from tasks.artifacts.files import sha256_of, written
from tasks.artifacts.own import transformers_model
from tasks.artifacts.own.answers import Answers
from tasks.artifacts.own.found import Found
from tasks.artifacts.own.inputs import Described
from tasks.specs.unanswered import OPEN

WEIGHTS = "own"
MARK = "# Added by python -m flows.add"
HEAD = (
    MARK + " {source}. «???» waits for whoever wants accuracy on a data set; speed, on synthetic\n"
    "# inputs, does not depend on it. What the fields mean: conf/model/patchnet.yaml, python -m flows.spec schema.\n"
)
SAID = {
    "preprocess": "the steps from a file of the data set to the inputs, as in conf/model/patchnet.yaml",
    "postprocess": "the steps from the outputs to an answer, such as [{step: softmax, axis: 1}, {step: top_k, k: 5}]",
    "heads": "what the last layer means: {own: {<data set>: {labels: [<in the model's order>], channels: null}}}",
    "modality": "which question it answers, such as image_classification",
}


def fields(name: str, source: str, found: Found, inputs: Described, answers: Answers) -> dict[str, Any]:
    """What the manifest says, but for its files."""
    fixed = {"batch": inputs.batch} if inputs.batch else {}
    return {
        "id": name,
        "version": "1",
        "licence": answers.licence,
        "source": f"{source}, added by its user.",
        "modality": answers.modality or OPEN,
        "weights": WEIGHTS,
        "inputs": inputs.inputs,
        **fixed,
        "outputs": [{"name": port.name, "dtype": port.dtype, "meaning": OPEN} for port in found.outputs],
        "preprocess": OPEN,
        "postprocess": OPEN,
        "heads": OPEN,
    }


def files(found: Found, path: Path, root: Path) -> dict[str, Any]:
    """The block that names the files at ``path`` below ``root`` by their bytes: «artifacts», or «build»."""
    beside = {name: sha256_of(path.parent / name) for name in found.beside}
    if found.format == "transformers":
        folder = path.parent.relative_to(root).as_posix()
        made = transformers_model.build(found, folder, {path.name: sha256_of(path), **beside})
        return {"build": {WEIGHTS: made}}
    pinned: dict[str, Any] = {"path": path.relative_to(root).as_posix(), "sha256": sha256_of(path)}
    return {"artifacts": {WEIGHTS: {found.format: {**pinned, **({"beside": beside} if beside else {})}}}}


def default_software(name: str) -> list[dict[str, str]]:
    """Which software an evaluation takes where none is named."""
    return [{"override /software@_global_.software": name}]


def text(data: dict[str, Any], source: str) -> str:
    """The manifest as the others are written: a field a line, a tensor a line."""
    lines = [HEAD.format(source=source)]
    for name in sorted(data, key=lambda name: name != "defaults"):
        value = data[name]
        if name in ("inputs", "outputs", "defaults"):
            lines += [f"{name}:\n", *(f"  - {_flow(item)}\n" for item in value)]
        elif name == "artifacts":
            lines += _files(value)
        elif name == "build":
            lines.append(yaml.safe_dump({name: value}, sort_keys=False, default_flow_style=None, width=10_000))
        elif value == OPEN:
            lines.append(f"{name}: {OPEN}  # {SAID[name]}\n")
        else:
            lines.append(f"{name}: {_flow(value)}\n")
    return "".join(lines)


def _files(blocks: dict[str, Any]) -> list[str]:
    lines = ["artifacts:\n"]
    for weights, formats in blocks.items():
        lines.append(f"  {weights}:\n")
        lines += [f"    {form}: {_flow(file)}\n" for form, file in formats.items()]
    return lines


def _flow(value: Any) -> str:
    dumped = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=100_000, sort_keys=False)
    return dumped.removesuffix("...\n").strip()


def write(path: Path, data: dict[str, Any], source: str) -> None:
    """Put the manifest in its place, whole or not at all."""
    written(path, text(data, source).encode())


def added_here(path: Path) -> bool:
    """Whether a manifest was written by this command, so that it may be written again."""
    return path.read_text(encoding="utf-8").startswith(MARK)
