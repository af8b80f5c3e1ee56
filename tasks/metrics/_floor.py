"""Whether a model is as right as its manifest says it has to be: a floor names a metric and its worst allowed value.

In: an evaluation and its measurement. Out: checks. Few samples judge nothing; how many are few, the modality says.
"""

from collections.abc import Iterator, Mapping

from tasks.metrics.base import Metric
from tasks.modalities import judge_of
from tasks.results.measurement import Check, Measurement
from tasks.specs.evaluation import Evaluation


def held(evaluation: Evaluation, measurement: Measurement, metrics: Mapping[str, Metric]) -> Iterator[Check]:
    """One check a floor whose metric was measured."""
    judge = judge_of(evaluation.model.modality)
    for name, floor in evaluation.model.floors(evaluation.dataset.id).items():
        seen = metrics[name].compute(measurement)
        if judge is None or seen is None or seen.value is None:
            continue
        if seen.n < judge.least:
            yield Check("accuracy floor", True, f"not judged: {seen.n} samples are fewer than {judge.least}")
        else:
            yield _against(metrics[name], seen.value, floor)


def _against(metric: Metric, value: float, floor: float) -> Check:
    """A floor is the least allowed value; of what is better the lower it is, the largest."""
    higher = metric.direction == "higher"
    good = value >= floor if higher else value <= floor
    relation = "reaches" if good else "is below" if higher else "is above"
    bound = "floor" if higher else "ceiling"
    return Check("accuracy floor", good, f"{metric.name} {value:.3g} {relation} the manifest's {bound} {floor:.2f}")
