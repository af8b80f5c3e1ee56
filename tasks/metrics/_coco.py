"""Average precision of boxes as COCO defines it: matched and accumulated by pycocotools, of all pictures or of some.

In: for each picture its answers and truths as JSON (`tasks/modalities/object_detection.py`). Out: the mean over classes
that are there, over ten overlaps 0.50 … 0.95, and at 0.50. Boxes of every size count, 100 a picture; no crowds.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from pycocotools import cocoeval

AREA, MOST = (0.0, 1e10), 100
HALF = 0  # the position of 0.50 among COCO's overlaps
vars(cocoeval)["print"] = lambda *_: None  # it tells its progress on standard output, which is a flow's own

Precisions = tuple[float, float]


class Matches:
    """Which answers are right in each picture, at each overlap."""

    def __init__(self, answers: Sequence[str], truths: Sequence[str]) -> None:
        """Raises ValueError where no picture has a box."""
        evaluated = cocoeval.COCOeval(iouType="bbox")
        evaluated._gts, evaluated._dts = defaultdict(list), defaultdict(list)
        for n, (said, true) in enumerate(zip(answers, truths, strict=True)):
            for kind, *edges in json.loads(true):
                evaluated._gts[n, kind].append(_box(edges, len(evaluated._gts[n, kind])))
            for kind, score, *edges in json.loads(said):
                found = evaluated._dts[n, kind]
                found.append({**_box(edges, len(found)), "score": score})
        self.pictures, self.classes = len(answers), sorted({kind for _, kind in evaluated._gts})
        if not self.classes:
            raise ValueError("no picture has a box")
        evaluated.params.areaRng, evaluated.params.maxDets = [AREA], [MOST]
        evaluated.params.catIds = self.classes
        places = [(n, kind) for kind in self.classes for n in range(self.pictures)]
        evaluated.ious = {(n, kind): evaluated.computeIoU(n, kind) for n, kind in places}
        self._each = [evaluated.evaluateImg(n, kind, AREA, MOST) for n, kind in places]
        self._evaluated = evaluated

    def precisions(self, chosen: Sequence[int] | None = None) -> Precisions:
        """At 0.50 … 0.95 and at 0.50, of these pictures, which may repeat; NaN where none of them has a box."""
        numbers = range(self.pictures) if chosen is None else chosen
        evaluated, params = self._evaluated, self._evaluated.params
        params.imgIds = list(range(len(numbers)))
        evaluated._paramsEval = params
        evaluated.evalImgs = [self._each[k * self.pictures + n] for k in range(len(self.classes)) for n in numbers]
        evaluated.accumulate()
        return _mean(evaluated.eval["precision"]), _mean(evaluated.eval["precision"][HALF])


def _mean(precision: Any) -> float:
    """Without classes that have no box, which are -1."""
    known = precision[precision > -1]
    return float(known.mean()) if known.size else float(np.nan)


def _box(edges: Sequence[float], before: int) -> dict[str, Any]:
    """COCO's record: left, top, width, height. Numbers count from 1, for 0 means «not matched» there."""
    left, top, right, bottom = edges
    size = (right - left, bottom - top)
    return {"id": before + 1, "bbox": [left, top, *size], "area": size[0] * size[1], "iscrowd": 0, "ignore": 0}
