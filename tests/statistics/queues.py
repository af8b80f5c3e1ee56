"""A queue whose truth is known: M/D/1, Poisson arrivals at one server that takes one unit of time for each.

Times are in service times; a latency is the wait and the service, 1 at least.
"""

import math
from typing import Any

import numpy as np


def md1_latencies(rng: np.random.Generator, load: float, shape: tuple[int, ...]) -> "np.ndarray[Any, Any]":
    """Latencies of queries one after the other (last axis) from an empty queue, by Lindley's recursion (1952).

    W_1 = 0, W_n+1 = max(0, W_n + 1 - A_n), written as a sum less its running minimum.
    """
    steps = 1 - rng.exponential(1 / load, shape)
    steps[..., 0] = 0
    walk = np.cumsum(steps, axis=-1)
    return walk - np.minimum.accumulate(walk, axis=-1) + 1


def md1_share(load: float, latency: float) -> float:
    """P(latency ≤ t) in the long run: e^{-λ(k-x)} Σ_{j<k} Q_{k-1-j} [λ(k-x)]^j / j! with x = t - 1, k - 1 ≤ x < k.

    Q_i: at most i wait. Only positive terms (Franx 2001, Operations Research Letters 29:221-229).
    """
    wait = latency - 1
    if wait < 0:
        return 0.0
    k = math.floor(wait) + 1
    x = load * (k - wait)
    queue = np.cumsum(_present(load, k + 1))[1:]  # Q_i = P(at most i + 1 present)
    j = np.arange(k)
    terms = np.exp(j * math.log(x) - np.array([math.lgamma(i + 1) for i in j]) - x)
    return float(queue[k - 1 - j] @ terms)


def md1_percentile(load: float, p: float) -> float:
    """The latency that a share p of queries does not exceed, by bisection to 1e-9."""
    low, high = 1.0, 2.0
    while md1_share(load, high) < p:
        high *= 2
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if md1_share(load, middle) < p else (low, middle)
    return high


def _present(load: float, most: int) -> "np.ndarray[Any, Any]":
    """P(n present), n = 0 … most, from equal rates across every cut: again only positive terms."""
    arrive = np.exp(np.arange(most + 2) * math.log(load) - [math.lgamma(i + 1) for i in range(most + 2)] - load)
    above = np.array([arrive[i + 1 :].sum() for i in range(most + 1)])  # P(more than i arrive during a service)
    # the tail beyond the table
    above += max(0.0, 1 - float(arrive.sum()))
    p = np.zeros(most + 1)
    p[0] = 1 - load
    for n in range(most):
        p[n + 1] = (p[0] * above[n] + p[1 : n + 1] @ above[n - np.arange(1, n + 1) + 1]) / arrive[0]
    return p
