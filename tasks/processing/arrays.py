"""Steps on arrays: normalisation, layout, and type. All arithmetic is float32."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal

import numpy as np

from tasks.plugins import Range
from tasks.processing.registry import before


@before
def normalize(
    image: Any,
    *,
    scale: Annotated[float, Range(gt=0)],
    mean: list[float],
    std: list[float],
    order: Literal["scale_mean_std", "mean_std_scale"],
) -> Any:
    """(height, width, channels) → float32: ``(x·scale − mean) / std``, or ``(x − mean) / std · scale``."""
    shift, spread = _constants(tuple(mean), tuple(std))
    values = image.astype(np.float32)
    if order == "scale_mean_std":
        values *= np.float32(scale)
    values -= shift
    values /= spread
    if order == "mean_std_scale":
        values *= np.float32(scale)
    return values


@lru_cache(maxsize=16)
def _constants(mean: tuple[float, ...], std: tuple[float, ...]) -> tuple[Any, Any]:
    return np.asarray(mean, dtype=np.float32), np.asarray(std, dtype=np.float32)


@before
def transpose(image: Any, *, layout: Literal["NCHW", "NHWC"]) -> Any:
    """(height, width, channels) → the layout of one sample, contiguous."""
    return np.ascontiguousarray(image.transpose(2, 0, 1) if layout == "NCHW" else image)


@before
def cast(array: Any, *, dtype: Literal["float32", "float16", "float64", "uint8", "int8"]) -> Any:
    """Convert to the model's element type, without rounding first."""
    return array.astype(dtype, copy=False)
