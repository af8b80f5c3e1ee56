"""Architectures of torchvision: classifiers, segmentation, and detection without anchors and suppression.

``entry`` is what `torchvision.models.get_model` knows; ``arguments`` are passed to it. A detector answers with what its
head says for every anchor, in the head's own order; a segmenter with the logits of every pixel.
"""

import importlib
from collections.abc import Mapping
from typing import Any

import torch

import tasks.artifacts.zoo.torchvision_shim  # noqa: F401  (before torchvision)


def make(entry: str, arguments: Mapping[str, Any]) -> Any:
    """A module of one picture, (n, 3, height, width)."""
    torch.backends.mha.set_fastpath_enabled(False)  # its fused operator is torch's own, no exporter knows it
    models = importlib.import_module("torchvision.models")
    kinds = {"weights": None} | ({"weights_backbone": None} if _has_backbone(models, entry) else {})
    return _Raw(models.get_model(entry, **kinds, **arguments))


def _has_backbone(models: Any, entry: str) -> bool:
    return models.get_model_builder(entry).__module__.split(".")[2] in ("detection", "segmentation")


class _Raw(torch.nn.Module):
    """What the network itself says, as a tuple."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """Logits (n, classes) or (n, classes, height, width), or what a detector's head says."""
        if hasattr(self.model, "head") and hasattr(self.model, "anchor_generator"):
            return tuple(self.model.head(list(self.model.backbone(pictures).values())).values())
        answer = self.model(pictures)
        return (answer["out"],) if isinstance(answer, dict) else (answer,)
