"""What the harness itself costs: the wall time of the timed part that is in no stage of any query.

For a model that only takes time, everything but that time: with ``null``, wall time / queries.
"""

from functools import partial

from tasks.metrics.base import Metric, mean_fact

METRICS = (
    Metric(
        "harness",
        "harness_per_query_us",
        "us",
        "lower",
        "process",
        "mean over timed processes of (wall time - Σ end-to-end latency, or Σ service_ms where given) / queries",
        partial(mean_fact, fact="harness_per_query_us", unit="us"),
    ),
)
