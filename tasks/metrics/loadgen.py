"""What MLPerf LoadGen's own summary says, beside our numbers of the same queries; it assumes independent samples."""

from functools import partial

import numpy as np

from tasks.metrics.base import Metric
from tasks.results.measurement import Estimate, Measurement

KEYS = {f"loadgen_p{p}_ms": f"{p}.00 percentile latency (ns)" for p in (50, 90, 99)}
RATES = ("Samples per second", "Completed samples per second", "QPS w/ loadgen overhead")


def percentile_ms(measurement: Measurement, key: str) -> Estimate | None:
    """The mean over processes of what each summary says; None without LoadGen, or where it gives no such line."""
    values = [float(s[key]) / 1e6 for s in _summaries(measurement) if isinstance(s.get(key), float)]
    return _mean(values, "ms", measurement)


def per_second(measurement: Measurement) -> Estimate | None:
    """Samples per second, under whichever name the scenario's summary has it."""
    rates = [next((s[name] for name in RATES if name in s), None) for s in _summaries(measurement)]
    return _mean([float(rate) for rate in rates if rate is not None], "samples/s", measurement)


def _summaries(measurement: Measurement) -> list[dict[str, float | str]]:
    return [p.facts["loadgen"] for p in measurement.timed if p.facts.get("loadgen")]


def _mean(values: list[float], unit: str, measurement: Measurement) -> Estimate | None:
    if not values:
        return None
    results = [str(s.get("Result is", "unknown")) for s in _summaries(measurement)]
    said = " ".join(sorted(set(results)))
    note = f"MLPerf LoadGen: {said}; assumes independent samples"
    return Estimate(float(np.mean(values)), unit, n=len(values), processes=len(values), note=note)


METRICS = (
    *(
        Metric("loadgen", name, "ms", "lower", "response", f"LoadGen's «{key}»", partial(percentile_ms, key=key))
        for name, key in KEYS.items()
    ),
    Metric("loadgen", "loadgen_per_s", "samples/s", "higher", "end_to_end", "LoadGen's own rate", per_second),
)
