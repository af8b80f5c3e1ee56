"""Seeded inputs out of nothing but a model's manifest: the same numbers in every process, NumPy, and framework.

For latency where no data set fits, and for holding frameworks against one reference. Lean, Python 3.9.
"""

from __future__ import annotations

import math
from typing import Any, Sequence

import numpy as np


def synthetic(inputs: Sequence[dict[str, Any]], seed: int, index: int) -> tuple[Any, ...]:
    """One sample: an array for each input, without the batch dimension.

    ``inputs`` are the manifest's (shape with «batch», dtype, range). Values are uniform over the range, both ends of
    whole numbers included. They come from the raw bits of PCG64, which no version of NumPy may change.
    """
    return tuple(_array(tensor, np.random.PCG64([seed, index, place])) for place, tensor in enumerate(inputs))


def _array(tensor: dict[str, Any], bits: Any) -> Any:
    shape = [size for size in tensor["shape"] if size != "batch"]
    raw = bits.random_raw(math.prod(shape)).reshape(shape) >> np.uint64(40)  # 24 bits: a float32 holds them exactly
    low, high = tensor["range"]
    dtype = np.dtype(tensor["dtype"])
    share = raw.astype(np.float64) / 2**24
    if dtype.kind == "f":
        return (low + (high - low) * share).astype(dtype)
    return (low + np.floor((high - low + 1) * share)).astype(dtype)
