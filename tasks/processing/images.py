"""Steps on images: encoded bytes → uint8 array of shape (height, width, channels), and geometry on it.

The decoder and the resizing filter are Pillow's, whose version every software's lock pins: other decoders and filters
differ by up to a hundred grey levels.
"""

from __future__ import annotations

import io
from typing import Annotated, Any, Literal

import numpy as np

from tasks.errors import Refused
from tasks.plugins import Range
from tasks.processing.registry import Undecodable, before

Pixels = Annotated[int, Range(gt=0)]


@before
def decode(
    data: bytes, *, decoder: Literal["pillow"], color: Literal["RGB", "BGR", "GRAY"], exif: Literal["ignore", "rotate"]
) -> Any:
    """Encoded image → uint8 (height, width, channels). ``exif=rotate`` turns the image as its camera tag says."""
    from PIL import Image, ImageOps

    try:
        image: Any = Image.open(io.BytesIO(data))
        if exif == "rotate":
            image = ImageOps.exif_transpose(image)
        pixels = np.asarray(image.convert("L" if color == "GRAY" else "RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Undecodable(str(error)) from error
    if color == "GRAY":
        return pixels[:, :, None]
    return pixels if color == "RGB" else pixels[:, :, ::-1]


def recolored(picture: Any, color: str) -> Any:
    """Pixels that are in memory as `decode` would have given them: uint8 RGB (height, width, 3) → RGB, BGR, or GRAY."""
    from PIL import Image

    if color == "GRAY":
        return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).convert("L"))[:, :, None]
    return picture if color == "RGB" else picture[:, :, ::-1]


@before
def resize(
    image: Any,
    *,
    height: Pixels,
    width: Pixels,
    method: Literal["nearest", "bilinear", "bicubic", "lanczos"],
    antialias: bool,
    aspect: Literal["stretch", "shorter_side"],
) -> Any:
    """Resample to (height, width); ``shorter_side`` keeps the aspect and makes the image cover that size.

    ``antialias`` widens the filter when shrinking (Pillow's `resize`); without it samples are taken at points, as
    most tensor libraries do by default.
    """
    from PIL import Image

    rows, columns = image.shape[:2]
    if aspect == "shorter_side":
        factor = max(height / rows, width / columns)
        height, width = max(height, round(rows * factor)), max(width, round(columns * factor))
    if (rows, columns) == (height, width):
        return image
    resample = getattr(Image.Resampling, method.upper())
    squeezed = image[:, :, 0] if image.shape[2] == 1 else np.ascontiguousarray(image)
    picture = Image.fromarray(squeezed)
    if antialias or method == "nearest":
        done = picture.resize((width, height), resample)
    elif method == "lanczos":
        raise Refused("resize: Pillow's lanczos always antialiases; set antialias: true, or another method.")
    else:
        done = picture.transform((width, height), Image.Transform.EXTENT, (0, 0, columns, rows), resample)
    pixels = np.asarray(done)
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


@before
def center_crop(image: Any, *, height: Pixels, width: Pixels) -> Any:
    """The middle (height, width) of an image; a smaller image is refused."""
    rows, columns = image.shape[:2]
    if rows < height or columns < width:
        raise Undecodable(f"{columns}×{rows} pixels are fewer than the crop of {width}×{height}")
    top, left = round((rows - height) / 2), round((columns - width) / 2)
    return image[top : top + height, left : left + width]


@before
def pad(image: Any, *, height: Pixels, width: Pixels, mode: Literal["reflect", "edge", "black"]) -> Any:
    """Grow to (height, width) evenly on all sides; an image that is larger is refused."""
    rows, columns = image.shape[:2]
    if rows > height or columns > width:
        raise Undecodable(f"{columns}×{rows} pixels are more than {width}×{height}, to which they were to be padded")
    top, left = (height - rows) // 2, (width - columns) // 2
    sides = ((top, height - rows - top), (left, width - columns - left), (0, 0))
    return np.pad(image, sides, mode="constant" if mode == "black" else mode)
