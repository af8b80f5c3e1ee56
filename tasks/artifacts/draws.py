"""Seeded numbers for data sets that are made up: PCG64's raw integers as real ones, the same with every NumPy.

No distribution of NumPy's is used, for their streams may change between releases. What is made of the numbers with exp
and sin is rounded far more coarsely than processors differ before it is written.
"""

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]


class Draws:
    """One stream of a seed; what is drawn first decides nothing but its own numbers."""

    def __init__(self, *seed: int) -> None:
        self.bits = np.random.PCG64(list(seed))

    def shares(self, *shape: int) -> Reals:
        """Uniform within 0 … 1, neither of which occurs."""
        raw = self.bits.random_raw(int(np.prod(shape))) >> np.uint64(11)
        values: Reals = ((raw.astype(np.float64) + 0.5) * 2.0**-53).reshape(shape)
        return values

    def spread(self, *shape: int) -> Reals:
        """Uniform with mean 0 and variance 1."""
        values: Reals = (2 * self.shares(*shape) - 1) * np.sqrt(3.0)
        return values
