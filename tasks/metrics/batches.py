"""The optimal batch size by two rules, from the points of scenario=batches; throughput is pooled over processes."""

from collections.abc import Callable

import numpy as np

from tasks.metrics.base import Metric, timed
from tasks.results.measurement import Estimate, Measurement, by_batch
from tasks.scenarios.batches import LEAST_GAIN, by_gain


def _optimal(rule: str, choose: Callable[[list[float]], int]) -> Callable[[Measurement], Estimate | None]:
    def compute(measurement: Measurement) -> Estimate | None:
        rates = by_batch(timed(measurement))
        if not rates:
            return None
        each = [p.facts[f"optimal_by_{rule}"] for p in timed(measurement)]
        note = f"the processes alone say {', '.join(map(str, each))}" if len(set(each)) > 1 else ""
        size = list(rates)[choose(list(rates.values()))]
        return Estimate(size, "samples", n=len(rates), processes=len(each), note=note)

    return compute


METRICS = (
    Metric(
        "optimal_batch",
        "optimal_batch_by_gain",
        "samples",
        "lower",
        "end_to_end",
        f"smallest size whose next one brings less than {LEAST_GAIN:.0%}",
        _optimal("gain", by_gain),
    ),
    Metric(
        "optimal_batch",
        "optimal_batch_by_maximum",
        "samples",
        "lower",
        "end_to_end",
        "size of the highest throughput",
        _optimal("maximum", lambda rates: int(np.argmax(rates))),
    ),
)
