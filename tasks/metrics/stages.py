"""Of each model of a pipeline: how long its predictions took, its share of the whole, and how many items it was given.

A query's «predict» is all of a pipeline, from the first model's begin to the last one's end; «predict_<stage>» is the
framework's call of one model, 0 where it was given nothing, and «predict_between» what is in no model: the answer of
one made into the inputs of the next. Names follow from a pipeline's stages, so this is a family, not a list.
"""

import re
from functools import partial

import numpy as np

from tasks.metrics.base import Metric, timed
from tasks.metrics.latency import PERCENTS, percentile_ms, trimmed_mean_ms
from tasks.results.measurement import Estimate, Measurement
from tasks.results.process import stages_of
from tasks.statistics import WITHIN_ONE_PROCESS, between_processes

METRICS: tuple[Metric, ...] = ()
KINDS = ("trimmed_mean_ms", *(f"p{p}_ms" for p in PERCENTS), "share", "items")
FORM = re.compile(rf"predict_(?P<stage>[a-z][a-z0-9_]*?)_(?P<kind>{'|'.join(KINDS)})")


def named(name: str) -> Metric | None:
    """The metric of this name, if it has the form."""
    found = FORM.fullmatch(name)
    return _metric(found["stage"], found["kind"]) if found else None


def of(measurement: Measurement) -> tuple[Metric, ...]:
    """Those of the stages that were timed."""
    stages = list(dict.fromkeys(name for p in timed(measurement) for name in stages_of(p.latencies)))
    return tuple(_metric(stage, kind) for stage in stages for kind in KINDS)


def _metric(stage: str, kind: str) -> Metric:
    compute, unit, formula = {
        "trimmed_mean_ms": (partial(trimmed_mean_ms, boundary=f"predict.{stage}"), "ms", "trimmed mean of {}"),
        "share": (partial(_share, stage=stage), "fraction", "sum of {} / sum of end_to_end"),
        "items": (partial(_items, stage=stage), "items", "items given to the stage / samples"),
    }.get(kind) or (
        partial(percentile_ms, boundary=f"predict.{stage}", percent=float(kind[1:].split("_")[0])),
        "ms",
        f"{kind.split('_')[0]} of {{}}",
    )
    told = formula.format("the times of one model within predict, 0 where it was given nothing")
    return Metric(f"predict_{stage}", f"predict_{stage}_{kind}", unit, "lower", "predict", told, compute)


def _share(measurement: Measurement, stage: str) -> Estimate | None:
    """Of all timed queries together; Student's t over processes."""
    both = [
        (float(p.latency_ns(f"predict.{stage}").sum()), float(p.latency_ns("end_to_end").sum()))
        for p in timed(measurement)
        if stage in stages_of(p.latencies)
    ]
    return _ratio(both, "fraction")


def _items(measurement: Measurement, stage: str) -> Estimate | None:
    """On average, for each sample of a query."""
    both = [
        (float(p.timed[f"items.{stage}"].sum()), float(p.timed["samples"].sum()))
        for p in timed(measurement)
        if f"items.{stage}" in p.timed
    ]
    return _ratio(both, "items")


def _ratio(both: list[tuple[float, float]], unit: str) -> Estimate | None:
    if not both or not all(below for _, below in both):
        return None
    above, below = map(sum, zip(*both, strict=True))
    interval = between_processes(np.divide(*np.transpose(both)).tolist(), above / below)
    low, high = (interval.low, interval.high) if interval else (None, None)
    note = WITHIN_ONE_PROCESS if len(both) == 1 else ""
    return Estimate(above / below, unit, low, high, n=len(both), processes=len(both), note=note)
