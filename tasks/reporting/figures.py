"""The figures of one result, in the order of the page; one whose raw data is missing is left out."""

from collections.abc import Callable

from tasks.reporting.arrivals import queueing
from tasks.reporting.classes import confusion, per_class
from tasks.reporting.drawing import Drawing
from tasks.reporting.latency import distribution, over_time
from tasks.reporting.points import latency_against_rate, throughput_against_batch
from tasks.reporting.shares import shares
from tasks.reporting.tokens import first_token, per_token
from tasks.results.measurement import Result

KINDS: tuple[Callable[[Result], Drawing | None], ...] = (
    latency_against_rate,
    throughput_against_batch,
    distribution,
    shares,
    first_token,
    per_token,
    queueing,
    over_time,
    per_class,
    confusion,
)


def figures(result: Result) -> list[Drawing]:
    """Every figure that the raw data allows."""
    return [drawing for kind in KINDS if (drawing := kind(result)) is not None]
