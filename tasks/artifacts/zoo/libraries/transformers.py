"""Architectures of transformers, from their configurations; nothing is fetched from a hub.

``entry`` is a class of a model. ``arguments`` are: ``config``, the fields of its configuration (nested ones too);
``inputs``, the names that its inputs have in order; ``outputs``, the fields of its answer in order, where «mean:FIELD»
is the mean of a field over the positions.
"""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

import tasks.artifacts.zoo.torchvision_shim  # noqa: F401  (transformers imports torchvision)
from tasks.errors import Refused


def make(entry: str, arguments: Mapping[str, Any]) -> Any:
    """A module of the inputs that the arguments name."""
    kind = getattr(importlib.import_module("transformers"), entry)
    config = kind.config_class(**arguments["config"])
    if hasattr(config, "use_cache"):
        config.use_cache = False
    model = kind._from_config(config, attn_implementation="eager")  # matrix products, which every runtime has
    return _Named(model, arguments["inputs"], arguments["outputs"])


def trained(entry: str, arguments: Mapping[str, Any], folder: Path) -> Any:
    """The same with the weights (safetensors) and the configuration of a folder; nothing is fetched or unpickled."""
    library = importlib.import_module("transformers")
    kind: Any = getattr(library, entry, None)
    if library.PreTrainedModel not in getattr(kind, "__mro__", ()):
        raise Refused(f"«{entry}» is no architecture of transformers {library.__version__}.")
    model, info = kind.from_pretrained(
        folder,
        use_safetensors=True,
        local_files_only=True,
        attn_implementation="eager",
        dtype=torch.float32,
        output_loading_info=True,
    )
    if missing := sorted(info["missing_keys"]):
        raise Refused(f"The weights of {entry} do not have {', '.join(missing[:5])}: are they of this architecture?")
    if hasattr(model.config, "use_cache"):
        model.config.use_cache = False
    return _Named(model, arguments["inputs"], arguments["outputs"])


class _Named(torch.nn.Module):
    """Positional in, a tuple out."""

    def __init__(self, model: Any, inputs: list[str], outputs: list[str]) -> None:
        super().__init__()
        self.model, self.inputs, self.outputs = model, inputs, outputs

    def forward(self, *given: Any) -> tuple[Any, ...]:
        """The named fields of the model's answer."""
        answer = self.model(**dict(zip(self.inputs, given, strict=True)))
        return tuple(_field(answer, output) for output in self.outputs)


def _field(answer: Any, output: str) -> Any:
    how, _, name = output.rpartition(":")
    value = getattr(answer, name)
    return value.mean(1) if how == "mean" else value
