"""Peak memory: the most that any timed process ever held resident (VmHWM), model and framework included."""

from tasks.metrics.base import Metric, known
from tasks.results.measurement import Estimate, Measurement
from tasks.statistics import WITHIN_ONE_PROCESS


def peak_bytes(measurement: Measurement) -> Estimate | None:
    """The largest of the processes' peaks. A maximum has no interval; the note says how far the processes spread."""
    values = known(measurement.timed, "memory_peak_bytes")
    if not values:
        return None
    spread = f"largest of {len(values)} processes, the smallest held {min(values) / 2**20:.1f} MiB"
    note = WITHIN_ONE_PROCESS if len(values) == 1 else spread
    return Estimate(max(values), "bytes", n=len(values), processes=len(values), note=note)


METRICS = (
    Metric(
        "memory",
        "memory_peak_bytes",
        "bytes",
        "lower",
        "process",
        "max over timed processes of the peak resident set",
        peak_bytes,
    ),
)
