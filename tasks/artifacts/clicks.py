"""The world of `clicks`: how likely each user is to click each item, and which of them are known.

log-odds = bias + how much the user clicks + how popular the item is + taste · (user's vector · item's) / √factors

All of it is drawn from a seed, so that the true probability of every click is known, and with it the best ROC AUC and
log loss that any model can have. Of each user some items are train, some others test, and most are neither.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.artifacts.draws import Draws, Reals


@dataclass(frozen=True)
class Asked:
    """How large the world is, and what it is made of; ``user``, ``item``, and ``taste`` are standard deviations."""

    seed: int
    users: int
    items: int
    factors: int
    bias: float
    user: float
    item: float
    taste: float
    train_per_user: int
    test_per_user: int


@dataclass(frozen=True)
class World:
    """(users, items) each: the true probability, whether it was clicked, and the cells of both splits."""

    probability: Reals
    clicked: NDArray[np.bool_]
    train: NDArray[np.bool_]
    test: NDArray[np.bool_]

    @property
    def popularity(self) -> Reals:
        """(items,): the share of clicks in train, with one click of two added, for an item that nobody saw."""
        seen, clicks = self.train.sum(0), (self.clicked & self.train).sum(0)
        shares: Reals = (clicks + 1) / (seen + 2)
        return shares


def world(asked: Asked) -> World:
    """Everything, from the seed."""
    shape, draws = (asked.users, asked.items), Draws(asked.seed)
    users, items = draws.spread(asked.users, 1), draws.spread(1, asked.items)
    tastes = draws.spread(asked.users, asked.factors) @ draws.spread(asked.factors, asked.items)
    taste = asked.taste / np.sqrt(asked.factors)
    odds = asked.bias + asked.user * users + asked.item * items + taste * tastes
    probability = 1 / (1 + np.exp(-odds))
    clicked = draws.shares(*shape) < probability
    place = np.argsort(np.argsort(draws.shares(*shape), axis=1), axis=1)  # of an item in a user's order
    train = place < asked.train_per_user
    test = ~train & (place < asked.train_per_user + asked.test_per_user)
    return World(probability, clicked, train, test)
