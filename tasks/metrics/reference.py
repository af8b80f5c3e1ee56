"""Reference: how far outputs for synthetic inputs lie from the float64 reference of the model's source."""

from tasks.metrics.base import Metric
from tasks.results.measurement import Estimate, Measurement


def error(measurement: Measurement) -> Estimate | None:
    """The largest difference in standard deviations of its output; None without a reference."""
    process = measurement.only("accuracy")
    if process is None or not len(process.agreement) or process.agreement["error"].isna().all():
        return None
    table = process.agreement.dropna(subset="error")
    note = f"{len(table)} output{'s' * (len(table) > 1)} for synthetic inputs"
    return Estimate(float((table["error"] / table["std"]).max()), "std", n=len(table), processes=1, note=note)


METRICS = (
    Metric("reference", "reference_error", "std", "lower", "output", "max |output - float64| / std(float64)", error),
)
