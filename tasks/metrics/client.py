"""What asking a server costs on this side, where the software is one: a part of every prediction, not the server's."""

from functools import partial

from tasks.metrics.base import Metric, mean_fact

METRICS = (
    Metric(
        "client",
        "client_ms",
        "ms",
        "lower",
        "predict",
        "mean over timed processes of the median time to write a request for one sample and read its answer",
        partial(mean_fact, fact="client_ms", unit="ms"),
    ),
    Metric(
        "client",
        "client_round_trip_ms",
        "ms",
        "lower",
        "predict",
        "mean over timed processes of the median round trip of a question that predicts nothing",
        partial(mean_fact, fact="client_round_trip_ms", unit="ms"),
    ),
)
