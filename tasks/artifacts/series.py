"""The series of `demand`: hourly, with a daily season, a trend, and noise that remembers the hour before.

y(t) = level · (1 + trend · t / length + season(t) + noise(t)); season is a sum of two waves of the series' own, whose
height changes slowly; noise(t) = memory · noise(t - 1) + drawn. Rounded to whole numbers. All from a seed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.artifacts.draws import Draws, Reals


@dataclass(frozen=True)
class Asked:
    """How many series, their length, and how they are cut: ``past`` hours are known, ``horizon`` are asked for.

    ``trend``, ``season``, and ``noise`` are shares of a series' level, standard deviations; ``train`` is the share of
    the hours, from the first one on, that a model may be trained on.
    """

    seed: int
    series: int
    length: int
    period: int
    past: int
    horizon: int
    train: float
    trend: float
    season: float
    noise: float
    memory: float


def series(asked: Asked) -> NDArray[np.int64]:
    """(series, length), each from a stream of its own."""
    return np.stack([_one(asked, Draws(asked.seed, number)) for number in range(asked.series)])


def edge(asked: Asked) -> int:
    """The first hour that is not train."""
    return int(asked.length * asked.train)


def _one(asked: Asked, draws: Draws) -> NDArray[np.int64]:
    hours = np.arange(asked.length)
    level, trend = 300 + 600 * draws.shares(1)[0], asked.trend * draws.spread(1)[0]
    wave = asked.season * sum(_wave(hours, asked.period / part, draws) / part for part in (1, 2))
    grows = 1 + 0.3 * _wave(hours, asked.length / 3, draws)
    drawn, noise = asked.noise * draws.spread(asked.length), np.zeros(asked.length)
    for hour in range(asked.length):
        noise[hour] = drawn[hour] + (asked.memory * noise[hour - 1] if hour else 0.0)
    values = level * (1 + trend * hours / asked.length + grows * wave + noise)
    whole: NDArray[np.int64] = np.maximum(np.rint(values), 1).astype(np.int64)
    return whole


def _wave(hours: NDArray[np.int64], period: float, draws: Draws) -> Reals:
    """Of this period and a drawn phase."""
    values: Reals = np.sin(2 * np.pi * (hours / period + draws.shares(1)[0]))
    return values
