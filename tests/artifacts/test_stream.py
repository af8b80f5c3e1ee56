"""The seeded stream: pinned for ever, within its bound, its own for each seed."""

import hashlib
import math

import numpy as np

from tasks.artifacts.networks.patchnet import patchnet
from tasks.artifacts.stream import seeded_weights


def test_stream_is_the_one_of_the_first_release() -> None:
    weights = seeded_weights(patchnet(9), seed=50)
    digest = hashlib.sha256(b"".join(array.astype("<f4").tobytes() for array in weights.values())).hexdigest()
    assert digest == "d11fc6a69f5508e5d46558c571f1cd97ee0a120f4a1e0a238da4a7f1e1987990"


def test_convolutions_fill_the_bound_of_he() -> None:
    weight = seeded_weights(patchnet(9), seed=1)["conv4.weight"]
    bound = math.sqrt(6 / (64 * 9))
    assert 0.99 * bound < float(np.abs(weight).max()) <= bound * (1 + 1e-6)
    assert abs(float(weight.mean())) < 0.02 * bound
    assert math.isclose(float(weight.std()), bound / math.sqrt(3), rel_tol=0.02)


def test_seeds_differ() -> None:
    one, two = (seeded_weights(patchnet(9), seed)["conv1.weight"] for seed in (1, 2))
    assert not np.array_equal(one, two)
