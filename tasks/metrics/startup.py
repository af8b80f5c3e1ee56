"""What a fresh process pays before it is warm: loading the model, and the first prediction.

Both depend on whether the model file was in the page cache, so the note always says.
"""

from functools import partial
from typing import Any

from tasks.metrics.base import Metric, mean_fact
from tasks.results.measurement import Estimate, Measurement


def seconds(measurement: Measurement, fact: str) -> Estimate | None:
    """The mean over the timed processes, in s."""
    return mean_fact(measurement, fact, "s", page_cache([p.facts.get("page_cache_share") for p in measurement.timed]))


def page_cache(shares: list[Any]) -> str:
    """In words, how much of the model file was in the page cache when each process began; None = unreadable."""
    readable = [float(s) for s in shares if isinstance(s, int | float)]
    if len(readable) < len(shares) or not readable:
        return "page cache unreadable"
    low, high = (f"{100 * s:.0f}" for s in (min(readable), max(readable)))
    seen = low if low == high else f"{low} to {high}"
    state = "warm" if min(readable) >= 0.99 else "cold" if max(readable) <= 0.01 else "partly warm"
    return f"page cache {state} ({seen} % of the file)"


METRICS = (
    Metric(
        "load",
        "load_s",
        "s",
        "lower",
        "load",
        "mean over timed processes of the time from the call to a loaded model",
        partial(seconds, fact="load_s"),
    ),
    Metric(
        "first_prediction",
        "first_prediction_s",
        "s",
        "lower",
        "predict",
        "mean over timed processes of the first framework call",
        partial(seconds, fact="first_prediction_s"),
    ),
)
