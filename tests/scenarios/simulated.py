"""A system whose time is simulated, for laws of scenarios: three stages of known length, nothing waits."""

from typing import Any

import pandas as pd

from tasks.agent.readings import latencies
from tasks.predictors.simulated import Clock
from tasks.scenarios.base import Log, System


class Server:
    """One query of ``predict_ns``, or as long as a function of the time says; the other stages take ``around_ns``."""

    def __init__(self, predict_ns: Any = 5_000_000, around_ns: int = 0, samples: int = 7) -> None:
        self.clock, self.predict_ns, self.around_ns, self.samples = Clock(), predict_ns, around_ns, samples
        self.seen: list[list[int]] = []

    def system(self, seed: int = 0) -> System:
        order = list(range(self.samples))
        stages = self.around, self.predict, self.around
        return System(*stages, order, self.clock.now, self.clock.wait_until, seed)

    def around(self, query: list[int]) -> list[int]:
        self.clock.ns += self.around_ns
        return query

    def predict(self, query: list[int]) -> list[int]:
        self.seen.append(query)
        self.clock.ns += self.predict_ns(self.clock.ns) if callable(self.predict_ns) else self.predict_ns
        return query


def table(log: Log) -> pd.DataFrame:
    """The timed queries as the agent hands them over."""
    frame = pd.DataFrame(latencies(log))
    return frame[~frame["warmup"]].reset_index(drop=True)
