"""Which 64-pixel crops of a picture are train and which are test: alternating tiles that share no pixel.

A picture is cut into square tiles like a chessboard, black for train and white for test. A crop keeps
``margin`` pixels away from the edge of its tile. Pure arithmetic: knows no picture.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

SPLITS = ("train", "test")


@dataclass(frozen=True)
class Cut:
    """How a picture is cut; all lengths in pixels."""

    tile: int
    margin: int
    crop: int
    seed: int


@dataclass(frozen=True, order=True)
class Crop:
    """A square of a picture, with the row and the column of its tile."""

    left: int
    top: int
    row: int
    column: int


def crops(cut: Cut, picture: str, width: int, height: int, split: str, count: int) -> list[Crop]:
    """``count`` different crops of one split, spread evenly over its tiles."""
    tiles = [t for t in _tiles(cut, width, height) if SPLITS[sum(t) % 2] == split]
    shares = [count // len(tiles) + (index < count % len(tiles)) for index in range(len(tiles))]
    return sorted(
        crop for tile, share in zip(tiles, shares, strict=True) for crop in _within(cut, picture, tile, share)
    )


def _tiles(cut: Cut, width: int, height: int) -> Iterator[tuple[int, int]]:
    return ((row, column) for row in range(height // cut.tile) for column in range(width // cut.tile))


def _within(cut: Cut, picture: str, tile: tuple[int, int], count: int) -> Iterator[Crop]:
    """Different offsets inside one tile, from a seed of the tile's own."""
    row, column = tile
    span = cut.tile - 2 * cut.margin - cut.crop + 1
    chosen = random.Random(f"{cut.seed} {picture} {row} {column}").sample(range(span * span), count)
    for index in chosen:
        down, right = divmod(index, span)
        yield Crop(column * cut.tile + cut.margin + right, row * cut.tile + cut.margin + down, row, column)
