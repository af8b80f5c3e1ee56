"""Pictures → boxes with classes and scores: what was found and what is there, box by box.

The index has a column «boxes»: JSON, [[label, left, top, right, bottom], …] in pixels of the picture. A row keeps both
lists as JSON in pixels, answers [class, score, left, top, right, bottom] best first; matching them is the metric's
(`tasks/metrics/detection.py`).
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from tasks.errors import Refused, TouchstoneError
from tasks.modalities import _places
from tasks.modalities._classes import misnamed
from tasks.modalities.base import Base, Batch, Column, Row
from tasks.processing.boxes import Found
from tasks.processing.samples import Samples

MOST = 100  # boxes of a picture that count, as COCO has it
Box = list[Any]


class Modality(Base):
    """``confidence`` is the sum of the scores of ``found`` boxes, ``present`` how many there are."""

    headline = "detection_map"
    answer, close = "confidence", 1e-3
    varies = "confidence"
    least = 20

    def columns(self, dataset: Any) -> dict[str, Column]:
        """Counts, and both lists as texts."""
        count, text = Column(int, 0), Column(str)
        return {"found": count, "present": count, "confidence": Column(float, 0), "answers": text, "truths": text}

    def lacks(self, dataset: Any) -> str:
        """The classes of its boxes."""
        return "" if dataset.labels else "labels are empty; name every class that a box can have"

    def misfit(self, model: Any, head: Any, dataset: Any) -> str:
        """The classes are the same, and the model reads the whole picture."""
        return misnamed(model, head, dataset) or _places.moved(model)

    def truths(self, samples: Samples, dataset: dict[str, Any]) -> list[list[Box]]:
        """[class, left, top, right, bottom] of every box."""
        texts, labels = samples.column("boxes"), list(dataset["labels"])
        return _places.told(samples.name, "boxes", samples.files, lambda i: _truth(texts[i], labels))

    def judged(self, batch: Batch) -> list[Row]:
        """A row a picture; the post-processing has to end in found boxes."""
        if not isinstance(batch.result, Found) or len(batch.result.boxes) != len(batch.indices):
            raise TouchstoneError(
                "The post-processing of a detector must end in suppress, or in a function that returns Found."
            )
        return [self._row(batch, k) for k in range(len(batch.indices))]

    def _row(self, batch: Batch, k: int) -> Row:
        i = batch.indices[k]
        try:
            boxes, scores, classes = _sound([of[k] for of in batch.result], len(batch.dataset["labels"]))
        except Refused as error:
            raise Refused(f"The model's answer to {batch.samples.files[i]} is refused: {error}.") from error
        pixels = boxes * np.array(2 * _places.size_of(batch.samples.read(i)))
        best = np.argsort(-scores, kind="stable")[:MOST]
        answers = [
            [int(classes[n]), float(f"{scores[n]:.7g}"), *(round(float(edge), 3) for edge in pixels[n])] for n in best
        ]
        return {
            "found": len(answers),
            "present": len(batch.truths[k]),
            "confidence": float(scores[best].sum()),
            "answers": json.dumps(answers),
            "truths": json.dumps(batch.truths[k]),
        }


def _truth(text: str, labels: list[str]) -> list[Box]:
    """The boxes of one row of the index. Raises Refused for what is none."""
    try:
        boxes = [(str(label), [float(edge) for edge in edges]) for label, *edges in json.loads(text)]
    except (TypeError, ValueError):
        raise Refused(f"«{text[:40]}» is no JSON list of [label, left, top, right, bottom]") from None
    for label, edges in boxes:
        if label not in labels:
            raise Refused(f"its box is of «{label}», which the manifest does not name")
        if len(edges) != 4:
            raise Refused(f"a box of {label} has {len(edges)} edges, not left, top, right, and bottom")
        _ordered(edges, True)
    return [[labels.index(label), *edges] for label, edges in boxes]


def _sound(found: list[Any], labels: int) -> tuple[Any, Any, Any]:
    """Boxes, scores, and classes as arrays. Raises Refused for other shapes, classes without a label, and no boxes."""
    boxes, scores, classes = (np.asarray(of) for of in found)
    if boxes.shape != (len(scores), 4) or classes.shape != scores.shape or scores.ndim != 1:
        raise Refused(f"boxes of {boxes.shape}, scores of {scores.shape}, and classes of {classes.shape} are no boxes")
    if len(classes) and not 0 <= classes.min() <= classes.max() < labels:
        raise Refused(f"class {int(classes.max())} of a box has no label; the data set has {labels}")
    if not (np.isfinite(scores) & (scores >= 0)).all():
        raise Refused(f"a score is {scores[~(scores >= 0) | ~np.isfinite(scores)][0]:g}")
    for box in boxes:
        _ordered([float(edge) for edge in box], False)
    return boxes, scores, classes


def _ordered(edges: Box, area: bool) -> None:
    """Left before right and top before bottom; ``area``: they are not the same either."""
    shown = ", ".join(f"{edge:g}" for edge in edges)
    if not all(map(math.isfinite, edges)):
        raise Refused(f"the box ({shown}) is not finite")
    left, top, right, bottom = edges
    if right < left or bottom < top or (area and (right == left or bottom == top)):
        raise Refused(f"the box ({shown}) is inverted or empty: it wants left, top, right, bottom")
