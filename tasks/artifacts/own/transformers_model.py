"""A folder of transformers (config.json and safetensors) as data: its architecture, and what it takes and gives.

Read without transformers; the zoo's mechanism exports it once, in the environment of tasks/artifacts/zoo/torch.lock.
"""

import json
from pathlib import Path
from typing import Any

from tasks.artifacts.own.found import Found, Port, Size
from tasks.errors import Refused

LONG = 128  # positions, as for every free dimension that runs along
ENDS = ("ForCausalLM", "ForMaskedLM", "LMHeadModel", "Classification", "ForConditionalGeneration", "ForMultipleChoice")
OTHERWISE = (
    "export it, optimum-cli export onnx --model {path} exported/ (pip install optimum[onnx]), and add "
    "exported/model.onnx."
)


def read(path: Path) -> Found:
    """What the configuration says. Raises Refused for an architecture whose inputs are not known here."""
    try:
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        entry = str(config["architectures"][0])
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        raise Refused(f"{path}/config.json names no architecture («architectures»); {_otherwise(path)}") from None
    if config.get("auto_map"):
        raise Refused(f"{path} is code of its own (auto_map in config.json), which is not run here; {_otherwise(path)}")
    weights = sorted(file.name for file in path.glob("*.safetensors"))
    index = sorted(file.name for file in path.glob("*.safetensors.index.json"))
    inputs, outputs = _inputs(path, config), _outputs(path, entry)
    facts = (entry, f"{len(weights)} file{'s' * (len(weights) > 1)} of weights")
    return Found("transformers", path / "config.json", inputs, outputs, (*weights, *index), facts)


def build(found: Found, folder: str, hashes: dict[str, str]) -> dict[str, Any]:
    """The block «build» of the manifest: architecture, tensors, and files in ``folder`` with their SHA-256."""
    arguments = {"inputs": [p.name for p in found.inputs], "outputs": [p.name for p in found.outputs]}
    made = {"library": "transformers", "entry": found.facts[0], "arguments": arguments}
    return {**made, "folder": folder, "weights": hashes}


def _inputs(path: Path, config: dict[str, Any]) -> tuple[Port, ...]:
    rows, side = config.get("vocab_size"), config.get("image_size")
    if isinstance(rows, int):
        most = config.get("max_position_embeddings")
        length: Size = int(most) if isinstance(most, int) and most < LONG else "sequence"
        named = ("input_ids", "decoder_input_ids") if config.get("is_encoder_decoder") else ("input_ids",)
        why = f"vocab_size of its configuration is {rows}"
        return tuple(Port(name, ("batch", length), "int64", (0, rows - 1), why) for name in named)
    if isinstance(side, int):
        return (Port("pixel_values", ("batch", int(config.get("num_channels", 3)), side, side), "float32"),)
    raise Refused(f"{path}/config.json has neither vocab_size nor image_size, so what goes in is not known here; "
                  f"{_otherwise(path)}")  # fmt: skip


def _outputs(path: Path, entry: str) -> tuple[Port, ...]:
    if entry.endswith("ForQuestionAnswering"):
        return Port("start_logits", None, "float32"), Port("end_logits", None, "float32")
    if entry.endswith(ENDS):
        return (Port("logits", None, "float32"),)
    if entry.endswith("Model"):
        return (Port("last_hidden_state", None, "float32"),)
    raise Refused(f"What «{entry}» of {path} gives is not known here; {_otherwise(path)}")


def _otherwise(path: Path) -> str:
    return OTHERWISE.format(path=path)
