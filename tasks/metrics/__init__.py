"""One metric kind per file: formula, unit, direction, boundary. A new metric is a new file here with ``METRICS``.

In: a `Measurement`. Out: name → `Estimate`. Nothing lists the files, they are found by name.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from tasks import plugins
from tasks.errors import Refused
from tasks.metrics._floor import held
from tasks.metrics.base import Metric
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


@cache
def all_metrics() -> dict[str, Metric]:
    """Every metric by name, from the files of this folder."""
    files = plugins.names("tasks.metrics")
    return gather({file: plugins.load("tasks.metrics", file).METRICS for file in files})


def compute_all(measurement: Measurement) -> dict[str, Estimate]:
    """Every metric whose raw data is there, by name."""
    metrics = all_metrics()
    found = ((name, metric.compute(measurement)) for name, metric in metrics.items())
    return {name: replace(e, formula=metrics[name].formula) for name, e in found if e is not None}


def floors(evaluation: Evaluation, measurement: Measurement) -> list[Check]:
    """Whether the model is as right as its manifest says, one check a floor that can be judged."""
    return list(held(evaluation, measurement, all_metrics()))


def require_known(where: str, names: Iterable[str]) -> None:
    """Raise `Refused` with the nearest names for those that are no metric."""
    known = sorted(all_metrics())
    if strange := [name for name in names if name not in known]:
        raise Refused("\n".join(f"{where}: {plugins.unknown('metric', name, known)}" for name in strange))


def version(name: str) -> str:
    """Of a metric: its formula and unit, hashed (8 hexadecimal digits). Numbers of two versions are not compared."""
    metric = all_metrics()[name]
    return hashlib.sha256(f"{metric.formula}|{metric.unit}".encode()).hexdigest()[:8]


def mlflow_name(name: str) -> str:
    """A metric's name in MLflow, whose charts group by what stands before «/»: predict_p50_ms → predict/p50_ms."""
    return all_metrics()[name].recorded_as
