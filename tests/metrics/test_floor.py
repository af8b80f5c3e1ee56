"""Laws of `tasks/metrics/_floor.py`: a floor names its metric, and is judged in its direction."""

from typing import Any

import pytest

from tasks.metrics import floors
from tasks.results.measurement import Check, Measurement
from tasks.specs.evaluation import Evaluation
from tests.builders import specification
from tests.metrics.builders import judged, measurement


def check(of: Measurement, floor: Any) -> Check | None:
    asked = Evaluation.model_validate(specification(model__accuracy_floor={"seeded": {"colors": floor}}))
    return next(iter(floors(asked, of)), None)


@pytest.mark.parametrize(("right", "passed", "words"), [(366, False, "0.61 is below"), (480, True, "0.8 reaches")])
def test_accuracy_below_the_floor_fails(right: int, passed: bool, words: str) -> None:
    answers = [True] * right + [False] * (600 - right)
    found = check(measurement(judged(answers)), 0.7)
    assert found and found.passed is passed
    assert words in found.sentence
    assert found.sentence.endswith("the manifest's floor 0.70")


def test_the_floor_is_not_judged_on_few_samples() -> None:
    found = check(measurement(judged([False] * 499)), 0.7)
    assert found and found.passed
    assert "not judged" in found.sentence


def test_a_floor_names_any_metric() -> None:
    top5 = measurement(judged([True] * 600, top5=[True] * 300 + [False] * 300))
    found = check(top5, {"accuracy_top5": 0.8})
    assert found and not found.passed
    assert found.sentence == "accuracy_top5 0.5 is below the manifest's floor 0.80"


def test_what_was_not_measured_breaks_no_floor() -> None:
    assert check(measurement(), 0.7) is None
