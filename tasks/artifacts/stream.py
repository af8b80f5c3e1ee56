"""Seeded weights that are the same bytes on every machine: PCG64's raw integers, turned into float32 exactly.

No distribution of NumPy's is used (their streams may change between releases), and no function that a
processor may round in its own way: one exact scaling and one IEEE multiplication per value.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tasks.artifacts.layers import Network

Arrays = Mapping[str, NDArray[np.float32]]
BITS = 24  # a float32 holds this many exactly


def seeded_weights(network: Network, seed: int) -> dict[str, NDArray[np.float32]]:
    """He-uniform convolutions in table order, batch normalisation with scale 1 and shift 0; nothing else."""
    source = np.random.PCG64(seed)
    weights: dict[str, NDArray[np.float32]] = {}
    for layer in network.layers:
        if layer.op == "conv":
            (name, shape) = next(iter(layer.parameters.items()))
            weights[name] = _he_uniform(source, shape)
        elif layer.op == "batch_norm":
            weights[f"{layer.name}.weight"] = np.ones(layer.shapes[0], np.float32)
            weights[f"{layer.name}.bias"] = np.zeros(layer.shapes[1], np.float32)
    return weights


def _he_uniform(source: np.random.PCG64, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Uniform within ±sqrt(6 / fan_in) (He et al., arXiv 1502.01852), from the top bits of one integer per value."""
    raw = source.random_raw(math.prod(shape)) >> np.uint64(64 - BITS)
    odd = 2 * raw.astype(np.int64) + 1 - (1 << BITS)  # odd integers within ±2^24: each is a float32
    bound = np.float32(math.sqrt(6.0 / math.prod(shape[1:])))
    values: NDArray[np.float32] = odd.astype(np.float32) * np.float32(2.0**-BITS) * bound
    return values.reshape(shape)
