"""The peak of a search: the highest rate that passed, and the lowest that failed, each the mean over processes.

Each process searches by itself with seeds of its own; the interval is over processes.
"""

from functools import partial

from tasks.metrics.base import Metric, mean_fact
from tasks.results.measurement import Estimate, Measurement


def bracket(measurement: Measurement, fact: str) -> Estimate | None:
    """Queries per second; without a value when no rate passed in some process."""
    searched = [p for p in measurement.timed if p.facts.get("search")]
    none = [p for p in searched if p.facts.get("peak_passed_qps") is None]
    if none and fact == "peak_passed_qps":
        lowest = min(point["rate"] for p in none for point in p.facts["points"])
        note = f"no rate passed in {len(none)} of {len(searched)} processes, down to {lowest:.3g} per s"
        return Estimate(None, "queries/s", n=len(searched), processes=len(searched), note=note)
    return mean_fact(measurement, fact, "queries/s")


METRICS = (
    Metric(
        "peak",
        "peak_qps",
        "queries/s",
        "higher",
        "response",
        "mean over timed processes of the highest rate whose percentile is within the bound, confirmed",
        partial(bracket, fact="peak_passed_qps"),
    ),
    Metric(
        "peak",
        "peak_failed_qps",
        "queries/s",
        "higher",
        "response",
        "mean over timed processes of the lowest rate whose percentile is not within the bound, confirmed",
        partial(bracket, fact="peak_failed_qps"),
    ),
)
