"""Likeness of two grey pictures: mean squared error and SSIM, both (height, width) uint8. numpy only."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from tasks.errors import Refused

SIGMA, RADIUS = 1.5, 5  # Wang et al. 2004, §III-B: an 11 × 11 Gaussian window
C1, C2 = 0.01**2, 0.03**2  # of values within 0 … 1


def luma(pixels: Any) -> Any:
    """(…, 3) uint8 RGB → (…) uint8, ITU-R BT.601 in Pillow's integers, so that grey and colour are judged alike."""
    weights = np.array([19595, 38470, 7471], dtype=np.uint32)
    return ((pixels.astype(np.uint32) @ weights + 0x8000) >> 16).astype(np.uint8)


def grey(data: bytes) -> Any:
    """Encoded picture → (height, width) uint8 luma. Raises Refused for what is none."""
    from PIL import Image

    try:
        return luma(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
    except (OSError, SyntaxError, ValueError) as error:
        raise Refused(f"A picture of the data set cannot be decoded: {error}") from error


def enlarged(pixels: Any, height: int, width: int) -> Any:
    """Bicubic interpolation (Pillow's, a = -0.5), as every software here has it."""
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))


def middle(pixels: Any, height: int, width: int) -> Any:
    """The middle of (height, width) of the last two axes."""
    top, left = (pixels.shape[-2] - height) // 2, (pixels.shape[-1] - width) // 2
    return pixels[..., top : top + height, left : left + width]


def squared_error(a: Any, b: Any) -> float:
    """The mean over pixels, of values within 0 … 1."""
    off = a.astype(np.float64) - b.astype(np.float64)
    return float(np.mean(off * off)) / 255**2


def similarity(a: Any, b: Any) -> float:
    """SSIM, the mean over all places of the window (Wang et al., IEEE TIP 13:600-612, 2004, eq. 13)."""
    x, y = (values.astype(np.float64) / 255 for values in (a, b))
    mean_x, mean_y = _smoothed(x), _smoothed(y)
    var_x, var_y = _smoothed(x * x) - mean_x**2, _smoothed(y * y) - mean_y**2
    both = _smoothed(x * y) - mean_x * mean_y
    above = (2 * mean_x * mean_y + C1) * (2 * both + C2)
    return float(np.mean(above / ((mean_x**2 + mean_y**2 + C1) * (var_x + var_y + C2))))


def _smoothed(values: Any) -> Any:
    """Gaussian means at every place where the window lies within: (height - 10, width - 10)."""
    taps = np.exp(-0.5 * (np.arange(-RADIUS, RADIUS + 1) / SIGMA) ** 2)
    for axis in (0, 1):
        size = values.shape[axis] - 2 * RADIUS
        parts = [w * np.take(values, range(k, k + size), axis=axis) for k, w in enumerate(taps / taps.sum())]
        values = sum(parts)
    return values
