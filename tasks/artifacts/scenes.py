"""Drawn scenes: textured shapes on a floor before a wall, where class and depth of every pixel are known.

In: textures (cut from photographs) and a random source. Out: `Scene`s. The camera looks along a flat floor, CAMERA
above it: a row ``y`` below the horizon lies FOCAL · CAMERA / (y - horizon) away. Shapes are flat, face the camera, and
stand on the floor; what is far is paler. Only sums, products, and quotients of doubles, so the same bytes everywhere.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageStat

from tasks.artifacts.archive import read_archive

LABELS = ("wall", "floor", "disk", "square", "triangle")
SHAPES = LABELS[2:]
SIDE, FOCAL = 96, 90.0  # pixels
CAMERA, NEAREST = 1.4, 2.4  # metres
TEXELS = 40.0  # of a texture in a metre
PALE, HALF = 220.0, 8.0  # a grey level, and the distance in metres at which half of a colour is it
VISIBLE, AREA = 0.6, 40  # least share and number of a shape's pixels that are seen
Texture = NDArray[np.uint8]


@dataclass(frozen=True)
class Scene:
    """``picture`` (SIDE, SIDE, 3), ``classes`` (SIDE, SIDE) positions in LABELS, ``depth`` (SIDE, SIDE) in metres.

    ``boxes`` are of what is seen of each shape: (position in SHAPES, left, top, right, bottom), the last two behind it.
    """

    picture: NDArray[np.uint8]
    classes: NDArray[np.uint8]
    depth: NDArray[np.float64]
    boxes: tuple[tuple[int, int, int, int, int], ...]


@dataclass(frozen=True)
class Shape:
    """A position in SHAPES, metres away, and in pixels the size, the middle, and the row it stands on."""

    kind: int
    away: float
    size: float
    middle: float
    base: float


def textures(archive: Path, least_std: float) -> list[Texture]:
    """The crops of `patches` in an archive whose grey levels deviate by at least so much."""
    pictures = [Image.open(io.BytesIO(sample.data)).convert("RGB") for sample in read_archive(archive)]
    return [np.asarray(one) for one in pictures if ImageStat.Stat(one.convert("L")).stddev[0] >= least_std]


def scene(of: Sequence[Texture], random: Random) -> Scene:
    """One scene; drawn again until every shape can be seen."""
    while (found := _drawn(of, random)) is None:
        pass
    return found


def _drawn(of: Sequence[Texture], random: Random) -> Scene | None:
    horizon, wall = 30 + 12 * random.random(), 6 + 4 * random.random()
    across, down = np.meshgrid(np.arange(SIDE) + 0.5, np.arange(SIDE) + 0.5)
    floor = FOCAL * CAMERA / np.maximum(down - horizon, 1e-3)
    near = floor < wall
    depth = np.where(near, floor, wall)
    right, up = (across - SIDE / 2) * depth / FOCAL, np.where(near, floor, (down - horizon) * wall / FOCAL)
    picture = np.where(near[..., None], _painted(of, random, right, up), _painted(of, random, right, up))
    classes, owner = near.astype(np.uint8), np.full((SIDE, SIDE), -1)
    shapes = _shapes(random, horizon, wall)
    inside = [_inside(shape, across, down) for shape in shapes]
    for k, (shape, at) in enumerate(zip(shapes, inside, strict=True)):
        x, y = (across - shape.middle) * shape.away / FOCAL, (down - shape.base) * shape.away / FOCAL
        picture[at] = _painted(of, random, x, y)[at]
        depth[at], classes[at], owner[at] = shape.away, 2 + shape.kind, k
    boxes = [_box(shape.kind, owner == k, at) for k, (shape, at) in enumerate(zip(shapes, inside, strict=True))]
    if any(box is None for box in boxes):
        return None
    return Scene(_faded(picture, depth), classes, depth, tuple(box for box in boxes if box is not None))


def _shapes(random: Random, horizon: float, wall: float) -> list[Shape]:
    """One to four, the farthest first, so that near ones are drawn over it."""
    found = []
    span, count = wall - 0.4 - NEAREST, 1 + _below(random, 4)
    for away in sorted((NEAREST + span * random.random() for _ in range(count)), reverse=True):
        size = FOCAL * (0.8 + 0.4 * random.random()) / away
        middle = size / 2 + (SIDE - size) * random.random()
        found.append(Shape(_below(random, len(SHAPES)), away, size, middle, horizon + FOCAL * CAMERA / away))
    return found


def _inside(shape: Shape, across: Any, down: Any) -> NDArray[np.bool_]:
    half = shape.size / 2
    x, y = np.abs(across - shape.middle), down - (shape.base - half)
    if SHAPES[shape.kind] == "disk":
        found = x * x + y * y <= half * half
    elif SHAPES[shape.kind] == "square":
        found = (x <= half) & (np.abs(y) <= half)
    else:
        found = (np.abs(y) <= half) & (2 * x <= y + half)
    return np.asarray(found)


def _box(kind: int, seen: Any, whole: Any) -> tuple[int, int, int, int, int] | None:
    """The box of what is seen; None where that is too little."""
    if seen.sum() < max(AREA, VISIBLE * whole.sum()):
        return None
    rows, columns = (np.flatnonzero(seen.any(axis)) for axis in (1, 0))
    return kind, int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _painted(of: Sequence[Texture], random: Random, x: Any, y: Any) -> Any:
    """Some texture at places in metres, repeated, its nearest point."""
    texture = of[_below(random, len(of))]
    start = [TEXELS * random.random() for _ in range(2)]
    row, column = (np.floor(TEXELS * at + s).astype(np.int64) % 64 for at, s in zip((y, x), start, strict=True))
    return texture[row, column].astype(np.float64)


def _faded(picture: Any, depth: Any) -> Any:
    kept = (HALF / (HALF + depth))[..., None]
    return np.rint(PALE + (picture - PALE) * kept).astype(np.uint8)


def _below(random: Random, most: int) -> int:
    return int(random.random() * most)
