"""What answers at places of a picture share: which steps keep places, maps of truth, and maps of another size."""

from __future__ import annotations

import io
from typing import Any, Callable, Iterable

import numpy as np

from tasks.errors import Refused

MOVES = ("center_crop", "pad")  # steps after which a place is no longer the same share of the picture
SHOWN = 5


def moved(model: Any) -> str:
    """One sentence when the model does not read the whole picture, so that its places are others; else nothing."""
    cut = [step.step for step in model.steps if step.step in MOVES or getattr(step, "aspect", "") == "shorter_side"]
    if not cut:
        return ""
    return (
        f"{model.name} is judged place by place, and {', '.join(cut)} of its preprocess moves them; let it read the "
        "whole picture: resize with aspect stretch."
    )


def plane(data: bytes) -> Any:
    """Encoded picture of one channel → (height, width) of whole numbers. Raises Refused for what is none."""
    from PIL import Image

    try:
        found = np.asarray(Image.open(io.BytesIO(data)))
    except (OSError, SyntaxError, ValueError) as error:
        raise Refused(f"it cannot be decoded: {error}") from error
    if found.ndim != 2 or found.dtype.kind not in "ui":
        raise Refused(f"it has {found.ndim} dimensions of {found.dtype}, not one channel of whole numbers")
    return found


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height of an encoded picture."""
    from PIL import Image

    try:
        width, height = Image.open(io.BytesIO(data)).size
    except (OSError, SyntaxError, ValueError) as error:
        raise Refused(f"A picture of the data set cannot be decoded: {error}") from error
    return int(width), int(height)


def told(name: str, what: str, files: Iterable[str], look: Callable[[int], Any]) -> list[Any]:
    """``look(i)`` of every file. Raises Refused with all that were refused, the first few in words."""
    found, wrong = [], []
    for i, file in enumerate(files):
        try:
            found.append(look(i))
        except Refused as error:
            wrong.append(f"{file}: {error}")
    if wrong:
        more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise Refused(f"{name}: {len(wrong)} of its {what} cannot be used: {'; '.join(wrong[:SHOWN])}{more}.")
    return found


def nearest(values: Any, height: int, width: int) -> Any:
    """A map at another size, by its nearest points."""
    rows, columns = (((np.arange(n) + 0.5) * of / n).astype(int) for n, of in zip((height, width), values.shape))  # noqa: B905
    return values[np.ix_(rows, columns)]


def smooth(values: Any, height: int, width: int) -> Any:
    """A map of real numbers at another size, bilinear (Pillow's)."""
    from PIL import Image

    if values.shape == (height, width):
        return values
    picture = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))
