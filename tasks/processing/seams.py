"""Steps between the models of a pipeline: the answer of one, and the pictures it saw → the pictures of the next.

What is carried is a batch of items, each of one picture of the query: after `crop` a picture may have several, or none.
The next model's own pre-processing makes its inputs, with the pixels in place of its `decode` step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Callable, List, Literal, NamedTuple

import numpy as np

from tasks.errors import Refused
from tasks.plugins import Range
from tasks.processing.images import recolored
from tasks.processing.outputs import Ranked
from tasks.processing.registry import BEFORE, between


class Boxes(NamedTuple):
    """What was found in one picture: left, top, right, bottom in its pixels (n, 4), scores (n,), class indices (n,)."""

    boxes: Any
    scores: Any
    classes: Any


@dataclass(frozen=True)
class Carried:
    """Between two models. ``answer`` is the model's, post-processed, an item a row; ``pictures`` are what it was given.

    Pictures are uint8 RGB (height, width, 3). ``owners``: for each item the position of its picture in ``sources``, the
    pictures of the query. ``frame`` is (height, width) of the model's input, ``color`` its order of colours, and
    ``padded`` whether its pre-processing grows pictures to that. ``found``: the boxes of each source that became items.
    """

    answer: Any
    pictures: List[Any]
    owners: List[int]
    sources: List[Any]
    frame: tuple[int, int] = (0, 0)
    color: str = "RGB"
    padded: bool = False
    found: tuple[Boxes, ...] = ()


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
    least_score: float,
    most: Annotated[int, Range(gt=0)],
    margin: Annotated[float, Range(ge=0)],
    none: Literal["nothing", "whole"],
) -> Carried:
    """The boxes of each picture, best first, as pictures: at most ``most`` of at least ``least_score``.

    ``margin`` is a share of a box's sides that is added on each side; what lies outside the picture is cut, and a box
    without a pixel inside is left out. ``none``: a picture without boxes has no item, or is one as a whole.
    """
    kept = [
        _kept(picture, Boxes(*map(np.asarray, one[:3])), least_score, most, margin, none)
        for picture, one in zip(carried.pictures, carried.answer)  # noqa: B905
    ]
    pictures = [cut for cuts, _ in kept for cut in cuts]
    owners = [owner for owner, (cuts, _) in zip(carried.owners, kept) for _ in cuts]  # noqa: B905
    return replace(carried, pictures=pictures, owners=owners, found=tuple(boxes for _, boxes in kept))


def _kept(
    picture: Any, found: Boxes, least_score: float, most: int, margin: float, none: str
) -> tuple[list[Any], Boxes]:
    """The crops of one picture and the boxes that they are."""
    height, width = picture.shape[:2]
    boxes = np.asarray(found.boxes, dtype=np.float64).reshape(-1, 4)
    more = margin * (boxes[:, 2:] - boxes[:, :2])
    ends = np.concatenate([np.floor(boxes[:, :2] - more), np.ceil(boxes[:, 2:] + more)], axis=1)
    ends = np.clip(ends, 0, [width, height, width, height]).astype(np.int64)
    inside = (ends[:, 2] > ends[:, 0]) & (ends[:, 3] > ends[:, 1]) & (found.scores >= least_score)
    best = [k for k in np.argsort(-found.scores, kind="stable") if inside[k]][:most]
    if not best and none == "whole":
        whole = np.array([[0.0, 0.0, width, height]])
        return [picture], Boxes(whole, np.zeros(1), np.zeros(1, dtype=np.int64))
    cuts = [picture[top:bottom, left:right] for left, top, right, bottom in ends[best].tolist()]
    return cuts, Boxes(boxes[best], found.scores[best], found.classes[best])


@between(takes="classes", gives="boxes")
def relabel(carried: Carried, *, score: Literal["detector", "product"]) -> Carried:
    """Each box has the class that the classifier gave its crop; its score is the detector's, or both multiplied."""
    answers, start = [], 0
    for boxes in carried.found:
        mine = slice(start, start + len(boxes.scores))
        start = mine.stop
        classes = carried.answer.classes[mine, 0] if len(boxes.scores) else boxes.classes
        sure = carried.answer.scores[mine, 0] if score == "product" and len(boxes.scores) else 1.0
        answers.append(Boxes(boxes.boxes, boxes.scores * sure, classes))
    return replace(carried, answer=answers, owners=list(range(len(carried.sources))))


@between(takes="classes", gives="classes")
def best_crop(carried: Carried) -> Carried:
    """The classes of each picture are those of its best box; a picture without boxes has none, so crop none: whole."""
    first = [carried.owners.index(k) for k in range(len(carried.sources))]
    answer = Ranked(carried.answer.classes[first], carried.answer.scores[first])
    return replace(carried, answer=answer, owners=list(range(len(carried.sources))))
