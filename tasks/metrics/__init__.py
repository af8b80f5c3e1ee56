"""One metric kind per file: formula, unit, direction, boundary. A new metric is a new file here with ``METRICS``.

In: a `Measurement`. Out: name → `Estimate`. Nothing lists the files, they are found by name. A file whose metrics are
named after what was measured, such as the stages of a pipeline, has ``named(name)`` and ``of(measurement)`` too.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

from tasks import plugins
from tasks.errors import Refused
from tasks.metrics._floor import held
from tasks.metrics.base import Metric
from tasks.metrics.stages import KINDS
from tasks.results.measurement import Check, Estimate, Measurement
from tasks.specs.evaluation import Evaluation

__all__ = ["Metric", "all_metrics", "compute_all", "floors", "gather", "mlflow_name", "require_known", "version"]


def gather(groups: dict[str, tuple[Metric, ...]]) -> dict[str, Metric]:
    """name → metric, from file → its metrics. Raises ValueError when two claim one name."""
    found: dict[str, tuple[str, Metric]] = {}
    for file, metrics in groups.items():
        for metric in metrics:
            if metric.name in found:
                raise ValueError(f"metric «{metric.name}» is defined in {found[metric.name][0]}.py and in {file}.py")
            found[metric.name] = file, metric
    return {name: metric for name, (_, metric) in found.items()}


class Known(dict[str, Metric]):
    """Metrics by name; those of a family are there for every name of its form, and in no listing."""

    def __init__(self, listed: dict[str, Metric], families: tuple[ModuleType, ...] = ()) -> None:
        super().__init__(listed)
        self.families = families

    def __missing__(self, name: str) -> Metric:
        found: Metric | None = next((metric for family in self.families if (metric := family.named(name))), None)
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: Any) -> bool:
        return super().__contains__(name) or any(family.named(name) for family in self.families)


@cache
def all_metrics() -> Known:
    """Every metric by name, from the files of this folder."""
    files = {file: plugins.load("tasks.metrics", file) for file in plugins.names("tasks.metrics")}
    families = tuple(module for module in files.values() if hasattr(module, "named"))
    return Known(gather({file: module.METRICS for file, module in files.items()}), families)


def compute_all(measurement: Measurement) -> dict[str, Estimate]:
    """Every metric whose raw data is there, by name."""
    known = all_metrics()
    metrics = {**known, **{metric.name: metric for family in known.families for metric in family.of(measurement)}}
    found = ((name, metric.compute(measurement)) for name, metric in metrics.items())
    return {name: replace(e, formula=metrics[name].formula) for name, e in found if e is not None}


def floors(evaluation: Evaluation, measurement: Measurement) -> list[Check]:
    """Whether the model is as right as its manifest says, one check a floor that can be judged."""
    return list(held(evaluation, measurement, all_metrics()))


def require_known(where: str, names: Iterable[str], stages: Collection[str] | None = None) -> None:
    """Raise `Refused` with the nearest names for those that are no metric.

    ``stages``: of the pipeline that it is about; None where any may be meant.
    """
    known = all_metrics()
    listed = sorted({*known, *(f"predict_{stage}_{kind}" for stage in stages or () for kind in KINDS)})
    if strange := [name for name in names if name not in (known if stages is None else listed)]:
        raise Refused("\n".join(f"{where}: {plugins.unknown('metric', name, listed)}" for name in strange))


def version(name: str) -> str:
    """Of a metric: its formula and unit, hashed (8 hexadecimal digits). Numbers of two versions are not compared."""
    metric = all_metrics()[name]
    return hashlib.sha256(f"{metric.formula}|{metric.unit}".encode()).hexdigest()[:8]


def mlflow_name(name: str) -> str:
    """A metric's name in MLflow, whose charts group by what stands before «/»: predict_p50_ms → predict/p50_ms."""
    return all_metrics()[name].recorded_as
