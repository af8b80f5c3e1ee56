"""`patches` as arrays for the stages that train and calibrate, pre-processed as the manifests say.

Pillow decodes to RGB and resizes (bilinear, antialiased); float32: (x · scale − mean) / std; NCHW.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.artifacts.archive import read_archive

SCALE = 1 / 255


@dataclass(frozen=True)
class Split:
    """``pixels`` is (n, height, width, 3) uint8 RGB; ``targets`` are positions in ``labels``."""

    pixels: NDArray[np.uint8]
    targets: NDArray[np.int64]
    labels: tuple[str, ...]


def load_split(path: Path) -> Split:
    """Decode a whole archive; labels are sorted by name."""
    samples = read_archive(path)
    labels = tuple(sorted({s.label for s in samples}))
    pixels = np.stack([np.asarray(Image.open(io.BytesIO(s.data)).convert("RGB")) for s in samples])
    return Split(pixels, np.array([labels.index(s.label) for s in samples]), labels)


def normalized(
    pixels: NDArray[np.uint8], mean: tuple[float, ...], std: tuple[float, ...], scale: float = SCALE
) -> NDArray[np.float32]:
    """(n, h, w, 3) uint8 → (n, 3, h, w) float32."""
    shift, width = np.asarray(mean, np.float32), np.asarray(std, np.float32)
    values = (pixels.astype(np.float32) * np.float32(scale) - shift) / width
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2))


def resized(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Every picture at ``side`` × ``side``, its shape stretched."""
    size = (side, side)
    return np.stack([np.asarray(Image.fromarray(p).resize(size, Image.Resampling.BILINEAR)) for p in pixels])
