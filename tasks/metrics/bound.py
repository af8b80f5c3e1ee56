"""Whether the latency bound of a scenario is met: the share of queries within it, and the verdict.

Latency is the response, from the scheduled arrival. The verdict is met or not met only when the whole interval of the
percentile lies on one side of the bound. Where the percentile cannot be stated, as when a queue grows for ever, the
bound is still not met when the share of queries within it, over enough replications, is certainly too small.
"""

import numpy as np

from tasks.metrics.base import Metric, timed
from tasks.metrics.latency import latencies_ms, percentile_ms
from tasks.results.measurement import Check, Estimate, Measurement
from tasks.statistics import LEAST_REPLICATIONS, WITHIN_ONE_PROCESS, between_processes


def share(measurement: Measurement) -> Estimate | None:
    """Queries within the bound / queries; Student's t over the processes."""
    bound, processes = asked(measurement), latencies_ms(measurement, "response")
    if bound is None or not processes:
        return None
    each, n = [float(np.mean(x <= bound[0])) for x in processes], sum(map(len, processes))
    value = float(np.average(each, weights=list(map(len, processes))))
    interval = between_processes(each, value)
    low, high = (max(0.0, interval.low), min(1.0, interval.high)) if interval else (None, None)
    return Estimate(value, "fraction", low, high, n, len(each), WITHIN_ONE_PROCESS if len(each) == 1 else "")


def asked(measurement: Measurement) -> tuple[float, float] | None:
    """(bound in ms, percentile) of the scenario, or None without one."""
    found = next((p.facts["bound"] for p in timed(measurement) if p.facts.get("bound")), None)
    return None if found is None else (found["ms"], found["percentile"])


def verdict(measurement: Measurement) -> Check | None:
    """Met, not met, or undecided, which does not fail; None without a bound."""
    bound = None if any(p.facts.get("search") for p in measurement.timed) else asked(measurement)
    seen = percentile_ms(measurement, "response", bound[1]) if bound else None
    if bound is None or seen is None:
        return None
    ms, percent = bound
    asks = f"latency bound p{percent:g} ≤ {ms:g} ms"
    if seen.value is None or seen.low is None or seen.high is None:
        return _by_share(measurement, asks, percent) or Check("latency bound", True, f"{asks}: undecided; {seen.note}")
    found = f"response_p{percent:g} is {seen.value:.4g} ms ({seen.low:.4g} to {seen.high:.4g}; {seen.note})"
    if seen.high <= ms:
        return Check("latency bound", True, f"{asks}: met; {found}")
    if seen.low > ms:
        return Check("latency bound", False, f"{asks}: not met; {found}")
    return Check("latency bound", True, f"{asks}: undecided; {found}; raise scenario.min_queries")


def _by_share(measurement: Measurement, asks: str, percent: float) -> Check | None:
    """Not met, when replications agree that too few queries are within the bound; else nothing is known."""
    inside = share(measurement)
    if inside is None or inside.value is None or inside.high is None or inside.processes < LEAST_REPLICATIONS:
        return None
    if inside.high >= percent / 100:
        return None
    seen = f"{100 * inside.value:.3g} % of the queries are within it (at most {100 * inside.high:.3g} %)"
    return Check("latency bound", False, f"{asks}: not met; {seen}")


METRICS = (
    Metric(
        "bound",
        "bound_share",
        "fraction",
        "higher",
        "response",
        "queries whose response is within the latency bound / queries",
        share,
    ),
)
