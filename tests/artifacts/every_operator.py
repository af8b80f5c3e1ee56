"""A small network with every operator of the layer table, and seeded arrays for it; written by any emitter:

    python -m tests.artifacts.every_operator tasks.artifacts.mxnet_writer:write_mxnet PATH

Its maxima are taken over negative values too, where a padding of zeros would win; its strides meet odd sizes; pictures
of more than one pixel are flattened, in the table's order.
"""

import pkgutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from tasks.artifacts.layers import Chain, Network
from tasks.artifacts.stream import Arrays


def every_operator() -> Network:
    """For pictures of 3 × 17 × 17, 5 classes."""
    chain = Chain(channels=3)
    chain.conv_norm("conv1", "bn1", 8, kernel=5, stride=2)
    chain.put("max_pool", "pool.1", kernel=3, stride=2, padding=1)
    branch = chain.at
    chain.conv_norm("block.conv2", "block.bn2", 8, kernel=3)
    chain.put("relu", "block.relu")
    chain.put("add", "sum", inputs=(chain.at, branch))
    chain.put("max_pool", "pool.2", kernel=3, stride=1, padding=1)
    chain.conv_norm("conv3", "bn3", 6, kernel=1, stride=2)
    chain.put("max_pool", "pool.3", kernel=2, stride=1, padding=0)
    picture = chain.at
    chain.put("flatten", "flat")
    chain.put("linear", "fc.flat", (5, 6 * 2 * 2), (5,))
    flat, chain.at = chain.at, picture
    chain.classify("fc", 5)
    chain.layers[-1] = replace(chain.layers[-1], output="fc")
    chain.put("add", "sum.2", inputs=("fc", flat))
    chain.layers[-1] = replace(chain.layers[-1], output="logits")
    return Network("every_operator", (3, 17, 17), 5, tuple(chain.layers))


def arrays() -> Arrays:
    """Normal values; variances and scales are positive, and most shifts negative; linear layers average."""
    source, found = np.random.default_rng(5), {}
    for name, shape in every_operator().parameters().items():
        values = source.standard_normal(shape)
        if name.endswith("running_var"):
            values = np.abs(values) + 0.5
        if name.endswith(".bias") and name != "fc.bias":
            values -= 2.0
        if len(shape) == 2:
            values /= shape[1]
        found[name] = values.astype(np.float32)
    return found


def batch() -> np.ndarray:
    """Three pictures."""
    return np.random.default_rng(6).standard_normal((3, 3, 17, 17)).astype(np.float32)


if __name__ == "__main__":
    pkgutil.resolve_name(sys.argv[1])(every_operator(), arrays(), Path(sys.argv[2]))
