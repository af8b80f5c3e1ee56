"""Architectures of timm: classifiers, and networks of features where the arguments ask for no classes.

``entry`` and ``arguments`` are those of `timm.create_model`.
"""

import importlib
from collections.abc import Mapping
from typing import Any

import torch

import tasks.artifacts.zoo.torchvision_shim  # noqa: F401  (before torchvision)


def make(entry: str, arguments: Mapping[str, Any]) -> Any:
    """A module of one picture, (n, 3, height, width)."""
    timm = importlib.import_module("timm")
    importlib.import_module("timm.layers").set_fused_attn(False)  # matrix products, which every runtime has
    return _Tuple(timm.create_model(entry, pretrained=False, **arguments))


class _Tuple(torch.nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """Logits or features (n, d)."""
        answer = self.model(pictures)
        return tuple(answer) if isinstance(answer, (tuple, list)) else (answer,)
