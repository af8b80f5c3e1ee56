"""Steps on what a detector answers: maps of centres → boxes, and of boxes that overlap the best one.

Boxes are shares of the width and the height of what the model reads, 0 … 1: left, top, right, bottom.
"""

from __future__ import annotations

from typing import Annotated, Any, List, Literal, NamedTuple

import numpy as np

from tasks.errors import Refused
from tasks.plugins import Range
from tasks.processing.registry import after

Share = Annotated[float, Range(ge=0, le=1)]
Count = Annotated[int, Range(gt=0)]
STEEP = 60.0  # beyond it a logistic function is 0 or 1


class Found(NamedTuple):
    """For each picture, best first: boxes (n, 4), scores (n,), and class indices (n,)."""

    boxes: List[Any]
    scores: List[Any]
    classes: List[Any]


@after
def centre_boxes(
    outputs: Any,
    *,
    order: Literal["boxes_scores", "scores_boxes"],
    sizes: Literal["log", "plain"],
    least_score: Share,
    most: Count,
) -> Found:
    """Maps (batch, 4, h, w) and (batch, classes, h, w) → the ``most`` best boxes of at least ``least_score``.

    As CenterNet has them (Zhou et al., arXiv 1904.07850, §4): the four are the centre less the cell's corner, and the
    size or its logarithm, in cells. Scores are logits. Raises Refused for other shapes.
    """
    maps, logits = _maps(outputs, order)
    scores = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -STEEP, STEEP)))
    found = [_best(maps[k], scores[k], sizes, least_score, most) for k in range(len(maps))]
    return Found(*map(list, zip(*found))) if found else Found([], [], [])  # noqa: B905  (Python 3.9)


def _maps(outputs: Any, order: str) -> tuple[Any, Any]:
    arrays = [np.asarray(array) for array in outputs] if isinstance(outputs, tuple) else [np.asarray(outputs)]
    if len(arrays) == 2 and order == "scores_boxes":
        arrays.reverse()
    shapes = [array.shape for array in arrays]
    if len(arrays) != 2 or any(len(s) != 4 for s in shapes) or shapes[0][1] != 4 or shapes[0][2:] != shapes[1][2:]:
        raise Refused(
            f"centre_boxes reads boxes of (batch, 4, h, w) and scores of (batch, classes, h, w); the model answers "
            f"{' and '.join(map(str, shapes))}."
        )
    return arrays[0], arrays[1]


def _best(maps: Any, scores: Any, sizes: str, least: float, most: int) -> tuple[Any, Any, Any]:
    """Of equal scores the lower class, then the upper and left cell."""
    height, width = maps.shape[1:]
    flat = scores.reshape(-1)
    chosen = np.flatnonzero(flat >= least)
    chosen = chosen[np.argsort(-flat[chosen], kind="stable")][:most]
    kinds, rows, columns = np.unravel_index(chosen, scores.shape)
    x, y, wide, high = maps[:, rows, columns].astype(np.float64)
    if sizes == "log":
        with np.errstate(over="ignore"):  # a size that is infinite is told by who judges
            wide, high = np.exp(wide), np.exp(high)
    x, y = x + columns, y + rows
    edges = ((x - wide / 2) / width, (y - high / 2) / height, (x + wide / 2) / width, (y + high / 2) / height)
    boxes = np.stack(edges, axis=1)
    return np.where(np.isfinite(boxes), np.clip(boxes, 0, 1), boxes), flat[chosen], kinds


@after
def suppress(found: Found, *, overlap: Share, within: Literal["class", "all"], most: Count) -> Found:
    """Non-maximum suppression: a box stays unless a better one that stays covers it by more than ``overlap``.

    Covering is intersection over union; ``within: class`` compares boxes of one class only. Of what stays, the ``most``
    best. Raises Refused for what is not found boxes.
    """
    if not isinstance(found, Found):
        raise Refused("suppress reads found boxes; put centre_boxes, or a function that returns Found, before it.")
    kept = [_kept(*of, overlap, within == "class")[:most] for of in zip(*found)]  # noqa: B905  (Python 3.9)
    return Found(*([np.asarray(a)[k] for a, k in zip(arrays, kept)] for arrays in found))  # noqa: B905


def _kept(boxes: Any, scores: Any, classes: Any, overlap: float, apart: bool) -> Any:
    """Positions that stay, best first."""
    covers = overlaps(boxes, boxes)
    if apart:
        covers = np.where(np.equal.outer(classes, classes), covers, 0.0)
    left = np.argsort(-np.asarray(scores), kind="stable")
    stay = []
    while len(left):
        stay.append(left[0])
        left = left[1:][~(covers[left[0], left[1:]] > overlap)]
    return np.array(stay, dtype=np.int64)


def overlaps(a: Any, b: Any) -> Any:
    """Intersection over union of every box of (n, 4) with every one of (m, 4): (n, m); 0 where both are empty."""
    with np.errstate(invalid="ignore"):  # a box that is not finite covers nothing; who judges tells it
        sides = [np.minimum.outer(a[:, k + 2], b[:, k + 2]) - np.maximum.outer(a[:, k], b[:, k]) for k in (0, 1)]
        both = np.clip(sides[0], 0, None) * np.clip(sides[1], 0, None)
        areas = [(of[:, 2] - of[:, 0]) * (of[:, 3] - of[:, 1]) for of in (a, b)]
        union = np.add.outer(areas[0], areas[1]) - both
        return np.divide(both, union, out=np.zeros_like(both), where=union > 0)
