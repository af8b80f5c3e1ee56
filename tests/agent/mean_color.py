"""A predictor of numpy alone, for a Python that has no framework: the tiny model of `tests/builders.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tasks.predictors.base import Setup


class Predictor:
    """Mean colour → logits."""

    format = "onnx"
    module = "numpy"

    def load(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Nothing is read."""
        return {"framework": "numpy"}

    def predict(self, batch: Any) -> Any:
        """(batch, 3, height, width) → (batch, 3)."""
        return 10 * batch.mean((2, 3))

    def unload(self) -> None:
        """Nothing is held."""
