"""What may differ: one question; all else must be allowed, and marks the verdict."""

from pathlib import Path
from typing import Any

import pytest

from tasks.contrasts.aspects import ASPECTS, differences, judged
from tasks.errors import Refused
from tasks.results.measurement import Estimate, Result
from tests.results_builder import result

METRIC = "predict_p50_ms"
HOST = {"hostname": "here", "cpu": {"model": "X"}}


def made(environment: dict[str, Any] | None = None, **changes: Any) -> Result:
    return result(Path(), **changes).with_(environment={"host": HOST, "cpus": [0], **(environment or {})})


def differing(a: Result, b: Result) -> list[str]:
    return list(dict.fromkeys(d.aspect for d in differences(a, b, METRIC)))


def test_an_evaluation_does_not_differ_from_itself_or_from_one_with_other_names_or_counts() -> None:
    other = made(scenario__id="other", scenario__repetitions=7, scenario__time_limit_s=1.0, model__version="2")
    assert differing(made(), made()) == [] == differing(made(), other)
    assert judged((), ()) == ((), ())


@pytest.mark.parametrize(
    ("aspect", "other"),
    [
        ("model", made(model__preprocess__1__scale=1.0)),
        ("dataset", made(dataset__archives__test__sha256="1" * 64)),
        ("dataset", made().with_(artifacts={"dataset": {"sha256": "1" * 64}})),
        ("metric", made().with_(metrics={METRIC: Estimate(1.0, "ms", formula="another")})),
        ("scenario", made(scenario__warmup_queries=3)),
        ("software", made(software__options__graph_optimization="basic")),
        ("software", made().with_(stack={"key": "other"})),
        ("software", made({"effective": {"intra_threads": 2}})),
        ("hw", made(hw__cpus=2)),
        ("hw", made({"cpus": [0, 1]})),
        ("tracing", made(tracing__level="model")),
        ("environment", made({"host": {**HOST, "hostname": "there"}})),
        ("environment", made({"settings": {"turbo": {"found": "off"}}})),
        ("environment", made({"process": {"variables": {"MKL_VERBOSE": "1"}}})),
    ],
)
def test_each_aspect_is_seen_alone(aspect: str, other: Result) -> None:
    found = differences(made(), other, METRIC)
    assert {d.aspect for d in found} == {aspect}
    if aspect in ("software", "hw"):
        assert judged(found, ()) == ((aspect,), ())
        return
    with pytest.raises(Refused, match=rf"differ in {aspect} \(.*'allow=\[{aspect}\]'"):
        judged(found, ())
    assert judged(found, (aspect,)) == ((), (aspect,))


def test_a_variable_that_the_software_sets_itself_or_another_framework_is_not_of_the_environment() -> None:
    own = made({"process": {"variables": {"OMP_NUM_THREADS": "1"}}})
    assert differing(made(), own) == []
    framework = made(
        {"process": {"variables": {"KMP_X": "1"}}},
        software__framework="openvino",
        software__options={"precision": "float32"},
    )
    assert differing(made(), framework) == ["software"]


def test_of_software_and_hardware_only_one_may_differ_unless_the_request_names_both() -> None:
    found = differences(made(), made(hw__cpus=2, software__options__graph_optimization="basic"), METRIC)
    with pytest.raises(Refused, match=r"allow=\[hw,software\]"):
        judged(found, ())
    assert judged(found, ("hw",)) == (("software",), ("hw",))
    assert judged(found, (), ("software", "hw")) == (("software", "hw"), ())


def test_a_model_that_the_request_names_is_the_question_and_marks_the_verdict() -> None:
    found = differences(made(), made(model__preprocess__1__scale=1.0), METRIC)
    assert judged(found, (), ("model",)) == (("model",), ("model",))


def test_an_unknown_aspect_in_allow_is_refused_with_those_there_are() -> None:
    with pytest.raises(Refused, match=r"no aspect «sofware».*software"):
        judged((), ("sofware",))
    assert set(ASPECTS) >= {"software", "environment", "metric"}
