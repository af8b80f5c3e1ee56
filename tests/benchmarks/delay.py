"""ONNX Runtime that takes a known time longer, so that a difference of a known size can be planted. Not run alone."""

from __future__ import annotations

import time
from typing import Any

from tasks.predictors import onnxruntime


class Predictor(onnxruntime.Predictor):
    """The framework's own predictor and, after each prediction, a busy wait."""

    def __init__(self, *, wait_us: float, **options: Any) -> None:
        super().__init__(**options)
        self._wait_ns = int(1e3 * wait_us)

    def predict(self, batch: Any) -> Any:
        """(batch, …) → (batch, classes), ``wait_us`` later."""
        outputs = super().predict(batch)
        end = time.perf_counter_ns() + self._wait_ns
        while time.perf_counter_ns() < end:
            pass
        return outputs
