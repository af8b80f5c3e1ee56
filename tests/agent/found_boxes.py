"""A fixed detector's post-processing: of a red picture two boxes, of a green one its left half, of a blue one none."""

from __future__ import annotations

from typing import Any, List, NamedTuple

import numpy as np

BOXES = ([[0.0, 0.0, 1.0, 0.5], [0.0, 0.5, 0.5, 1.0]], [[0.0, 0.0, 0.5, 1.0]], [])


class Found(NamedTuple):
    boxes: List[Any]
    scores: List[Any]
    classes: List[Any]


def by_color(logits: Any) -> Found:
    """Of (batch, 3): which colour is the strongest."""
    boxes = [np.array(BOXES[k]).reshape(-1, 4) for k in np.argmax(logits, axis=1)]
    counts = [len(of) for of in boxes]
    return Found(boxes, [np.linspace(0.9, 0.6, n) for n in counts], [np.zeros(n, dtype=np.int64) for n in counts])
