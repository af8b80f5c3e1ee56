"""When queries are to arrive: offsets in ns since the beginning, the same on every run with the same seed.

Only `random.Random.random` is drawn from: its numbers are promised to stay as they are from one Python to the next.
"""

from __future__ import annotations

import hashlib
import math
import random
from array import array
from pathlib import Path
from typing import Iterator

from tasks.errors import TouchstoneError
from tasks.scenarios.base import MOST


def poisson(rate: float, seed: int) -> Iterator[float]:
    """Exponential gaps of mean 1/rate, in s. The same seed at another rate gives the same gaps, scaled."""
    draw, at = random.Random(seed).random, 0.0
    while True:
        at -= math.log(1.0 - draw()) / rate
        yield at


def uniform(rate: float) -> Iterator[float]:
    """One every 1/rate s."""
    return (i / rate for i in range(MOST))


def burst(rate: float, size: int) -> Iterator[float]:
    """``size`` at once, every size/rate s."""
    return (i // size * size / rate for i in range(MOST))


def recorded(path: str, speed: float) -> list[float]:
    """Arrival times in s, one a line, «#» begins a comment; counted from the first one, and sped up."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        lines = [line.partition("#")[0].strip() for line in text.splitlines()]
        times = [float(line) for line in lines if line]
    except (OSError, ValueError) as error:
        raise TouchstoneError(f"The trace {path} cannot be read: {error}. It holds one time in s a line.") from error
    if len(times) < 2 or times != sorted(times):
        raise TouchstoneError(f"The trace {path} needs two arrivals or more, each no earlier than the one before it.")
    return [(t - times[0]) / speed for t in times]


def enough(times: Iterator[float], min_duration_s: float, min_queries: int) -> array[int]:
    """As many offsets as reach both minima, in ns."""
    offsets = array("q")
    for at in times:
        if (len(offsets) >= min_queries and at >= min_duration_s) or len(offsets) >= MOST:
            break
        offsets.append(int(1e9 * at))
    return offsets


def fingerprint(offsets: array[int]) -> str:
    """16 hexadecimal digits: two runs with the same ones had the same schedule."""
    return hashlib.sha256(offsets.tobytes()).hexdigest()[:16]
