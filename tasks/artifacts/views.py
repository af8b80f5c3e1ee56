"""Another look at a picture: a part of it, turned or mirrored, lighter or darker, and tinted. Seeded, Pillow only."""

import random
from dataclasses import dataclass

from PIL import Image

TURNS: tuple[Image.Transpose | None, ...] = (None, *Image.Transpose)


@dataclass(frozen=True)
class Look:
    """``side`` of a view in pixels; the largest factors by which all channels, and each on its own, are changed."""

    side: int
    light: float
    tint: float


def view(picture: Image.Image, look: Look, chance: random.Random) -> Image.Image:
    """(side, side) of an RGB picture that is at least as large."""
    left, top = (chance.randrange(size - look.side + 1) for size in picture.size)
    part = picture.crop((left, top, left + look.side, top + look.side))
    turn = TURNS[chance.randrange(len(TURNS))]
    turned = part if turn is None else part.transpose(turn)
    light = look.light ** (2 * chance.random() - 1)
    factors = [light * look.tint ** (2 * chance.random() - 1) for _ in range(3)]
    return turned.point([min(255, round(value * factor)) for factor in factors for value in range(256)])
