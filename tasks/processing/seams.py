"""Steps between the models of a pipeline: the answer of one, and the pictures it saw → the pictures of the next.

What is carried is a batch of items, each of one picture of the query: after `crop` a picture may have several, or none.
The next model's own pre-processing makes its inputs, with the pixels in place of its `decode` step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Callable, List, Literal

import numpy as np

from tasks.errors import Refused
from tasks.plugins import Range
from tasks.processing.images import recolored
from tasks.processing.outputs import Ranked
from tasks.processing.registry import BEFORE, between


@dataclass(frozen=True)
class Carried:
    """Between two models. ``answer`` is the model's, post-processed, an item a row; ``pictures`` are what it was given.

    Pictures are uint8 RGB (height, width, 3). ``owners``: for each item the position of its picture in ``sources``, the
    pictures of the query. ``frame`` is (height, width) of the model's input, ``color`` its order of colours, and
    ``padded`` whether its pre-processing grows pictures to that. ``found``: the boxes that became items, as
    the detector answers: a named tuple of boxes, scores, and classes, each a list with an array for every picture.
    """

    answer: Any
    pictures: List[Any]
    owners: List[int]
    sources: List[Any]
    frame: tuple[int, int] = (0, 0)
    color: str = "RGB"
    padded: bool = False
    found: Any = None


def of_pictures(steps: list[dict[str, Any]], composed: Callable[..., Callable[[Any], Any]], allowed: list[str]) -> Any:
    """A model's own pre-processing for pictures in memory: `decode` is there already, its colour order is not."""
    first, *rest = steps
    then = composed(rest, BEFORE, allowed)
    return lambda picture: then(recolored(picture, first["color"]))


@between(takes="picture", gives="pictures")
def enlarged(carried: Carried, *, color: Literal["answer", "source"]) -> Carried:
    """Answers that are pictures, uint8 (items, 1 or 3, height, width) → RGB, without what padding added.

    ``source``: of a grey answer the luma alone, with the colours of the picture it was made of, enlarged by bicubic
    interpolation, as super-resolution of luma is used (ITU-R BT.601 YCbCr).
    """
    answers = np.asarray(carried.answer)
    if answers.dtype != np.uint8 or answers.ndim != 4 or answers.shape[1] not in (1, 3):
        raise Refused(
            f"enlarged takes pictures as pixels, uint8 of (items, 1 or 3, height, width), this model's are "
            f"{answers.dtype} of {answers.shape}. End its post-processing in the step pixels."
        )
    pairs = zip(answers, carried.pictures)  # noqa: B905  (Python 3.9)
    return replace(carried, pictures=[_picture(carried, one, before, color) for one, before in pairs])


def _picture(carried: Carried, answer: Any, before: Any, color: str) -> Any:
    pixels = np.moveaxis(_without_padding(carried, answer, before) if carried.padded else answer, 0, -1)
    if pixels.shape[2] == 3:
        return pixels[:, :, ::-1] if carried.color == "BGR" else pixels
    return _colored(pixels[:, :, 0], before) if color == "source" else np.repeat(pixels, 3, axis=2)


def _without_padding(carried: Carried, answer: Any, before: Any) -> Any:
    """The middle that the picture had in the model's input, as `pad` places it, times the enlargement."""
    at = []
    for side, whole, small in zip(answer.shape[1:], carried.frame, before.shape):  # noqa: B905
        scale = side // whole
        start = (whole - small) // 2 * scale
        at.append(slice(start, start + small * scale))
    return answer[(slice(None), *at)]


def _colored(luma: Any, before: Any) -> Any:
    from PIL import Image

    small = Image.fromarray(np.ascontiguousarray(before)).convert("YCbCr")
    large = small.resize((luma.shape[1], luma.shape[0]), Image.Resampling.BICUBIC)
    _, blue, red = large.split()
    return np.asarray(Image.merge("YCbCr", (Image.fromarray(np.ascontiguousarray(luma)), blue, red)).convert("RGB"))


@between(takes="boxes", gives="pictures")
def crop(
    carried: Carried,
    *,
    unit: Literal["share", "pixel"],
    least_score: float,
    most: Annotated[int, Range(gt=0)],
    margin: Annotated[float, Range(ge=0)],
    none: Literal["nothing", "whole"],
) -> Carried:
    """The boxes of each picture, best first, as pictures: at most ``most`` of at least ``least_score``.

    Boxes are left, top, right, bottom: shares of the picture, or its pixels. ``margin`` is a share of a box's sides
    that is added on each side; what lies outside the picture is cut, and a box without a pixel inside, or with an edge
    that is no number, is left out. ``none``: a picture without boxes has no item, or is one as a whole. Raises Refused
    for what are no boxes.
    """
    answer = carried.answer
    if not all(hasattr(answer, name) for name in ("boxes", "scores", "classes", "_replace")):
        raise Refused("crop takes found boxes, a named tuple of boxes, scores, and classes; these are none.")
    pictures, owners, kept = [], [], []
    for owner, picture, *found in zip(carried.owners, carried.pictures, *answer[:3]):  # noqa: B905  (Python 3.9)
        boxes, scores, classes = map(np.asarray, found)
        size = np.array([picture.shape[1], picture.shape[0]] * 2)
        ends = _ends(boxes.reshape(-1, 4).astype(np.float64), size, 1 if unit == "pixel" else size, margin)
        best = _best(ends, scores, least_score, most)
        if not len(best) and none == "whole":
            boxes, ends = (np.array([[0, 0, *of]]) for of in ((1, 1) if unit == "share" else size[:2], size[:2]))
            scores, classes, best = np.zeros(1), np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        pictures += [picture[top:bottom, left:right] for left, top, right, bottom in ends[best].tolist()]
        owners += [owner] * len(best)
        kept.append((boxes.reshape(-1, 4)[best], scores[best], classes[best]))
    found = answer._replace(**dict(zip(("boxes", "scores", "classes"), map(list, zip(*kept)))))  # noqa: B905
    return replace(carried, pictures=pictures, owners=owners, found=found)


def _ends(boxes: Any, size: Any, scale: Any, margin: float) -> Any:
    """Whole pixels, right and bottom not included; an empty box for one that is no numbers."""
    boxes = np.where(np.isfinite(boxes).all(axis=1, keepdims=True), boxes, 0.0) * scale
    more = margin * (boxes[:, 2:] - boxes[:, :2])
    ends = np.concatenate([np.floor(boxes[:, :2] - more), np.ceil(boxes[:, 2:] + more)], axis=1)
    return np.clip(ends, 0, size).astype(np.int64)


def _best(ends: Any, scores: Any, least_score: float, most: int) -> Any:
    """Positions, the best first."""
    kept = (ends[:, 2] > ends[:, 0]) & (ends[:, 3] > ends[:, 1]) & (scores >= least_score)
    order = np.argsort(-scores, kind="stable")
    return order[kept[order]][:most]


@between(takes="classes", gives="boxes")
def relabel(carried: Carried, *, score: Literal["detector", "product"]) -> Carried:
    """Each box has the class that the classifier gave its crop; its score is the detector's, or both multiplied."""
    found, (classes, scores), start = carried.found, ([], []), 0
    for seen, sure in zip(found.classes, found.scores):  # noqa: B905  (Python 3.9)
        mine = slice(start, start + len(seen))
        start = mine.stop
        classes.append(carried.answer.classes[mine, 0] if len(seen) else seen)
        product = score == "product" and len(seen)
        scores.append(sure * carried.answer.scores[mine, 0] if product else sure)
    answer = found._replace(classes=classes, scores=scores)
    return replace(carried, answer=answer, owners=list(range(len(carried.sources))))


@between(takes="classes", gives="classes")
def best_crop(carried: Carried) -> Carried:
    """The classes of each picture are those of its best box; a picture without boxes has none, so crop none: whole."""
    first = [carried.owners.index(k) for k in range(len(carried.sources))]
    answer = Ranked(carried.answer.classes[first], carried.answer.scores[first])
    return replace(carried, answer=answer, owners=list(range(len(carried.sources))))
