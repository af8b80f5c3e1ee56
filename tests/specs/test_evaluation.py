"""Laws of the specification."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tasks.specs.evaluation import Evaluation
from tests.builders import specification


def errors_of(data: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Evaluation.model_validate(data)
    return [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in caught.value.errors()]


def test_valid_specification_is_accepted_and_survives_json() -> None:
    evaluation = Evaluation.model_validate(specification())
    again = Evaluation.model_validate(json.loads(evaluation.model_dump_json()))
    assert again == evaluation
    assert again.hashes() == evaluation.hashes()


def test_it_is_frozen() -> None:
    evaluation = Evaluation.model_validate(specification())
    with pytest.raises(ValidationError):
        evaluation.contracts = "record"  # type: ignore[misc]


@pytest.mark.parametrize("aspect", ["model", "dataset", "software", "hw", "scenario", "tracing"])
def test_one_changed_aspect_changes_its_hash_and_the_evaluations_and_no_other(aspect: str) -> None:
    before = Evaluation.model_validate(specification()).hashes()
    after = Evaluation.model_validate(specification(**{f"{aspect}__version": "2"})).hashes()
    assert {name for name in before if before[name] != after[name]} == {aspect, "evaluation"}


def test_where_it_runs_and_is_recorded_is_not_what_was_measured() -> None:
    before = Evaluation.model_validate(specification()).hashes()
    assert Evaluation.model_validate(specification(tracking__experiment="other")).hashes() == before


def test_unknown_field_is_refused_but_x_fields_are_kept_and_hashed() -> None:
    assert any("model.colour" in e for e in errors_of(specification(model__colour="RGB")))
    plain = Evaluation.model_validate(specification())
    own = Evaluation.model_validate(specification(**{"model__x-team": "vision"}))
    assert own.model.extensions == {"x-team": "vision"}
    assert own.hashes()["model"] != plain.hashes()["model"]


def test_every_mistake_is_named_at_once() -> None:
    broken = specification(
        model__inputs__0__dtype="float31", hw__cpus=0, scenario__min_queries=-1, software__pyhton="3.11"
    )
    found = " ".join(errors_of(broken))
    for field in ("inputs.0.dtype", "hw.cpus", "min_queries", "software.pyhton"):
        assert field in found


@pytest.mark.parametrize(
    ("step", "parameter"),
    [(0, "decoder"), (0, "color"), (0, "exif"), (1, "scale"), (1, "mean"), (1, "std"), (1, "order"), (2, "layout")],
)
def test_nothing_that_changes_a_prediction_has_a_default(step: int, parameter: str) -> None:
    data = specification()
    del data["model"]["preprocess"][step][parameter]
    assert any(e.endswith("Field required") and parameter in e for e in errors_of(data))


@pytest.mark.parametrize("parameter", ["height", "width", "method", "antialias", "aspect"])
def test_resize_has_no_defaults(parameter: str) -> None:
    resize = {"step": "resize", "height": 8, "width": 8, "method": "bilinear", "antialias": True, "aspect": "stretch"}
    del resize[parameter]
    assert any(parameter in e for e in errors_of(specification(model__preprocess__2=resize)))


def test_shape_and_layout_may_not_contradict() -> None:
    assert any("layout NHWC" in e for e in errors_of(specification(model__inputs__0__layout="NHWC")))


def test_a_step_that_does_not_exist_is_answered_with_the_nearest() -> None:
    assert any("resize" in e for e in errors_of(specification(model__preprocess__0={"step": "resise"})))


def test_a_post_processing_step_is_no_pre_processing_step() -> None:
    assert errors_of(specification(model__preprocess__0={"step": "softmax", "axis": 1}))


def test_a_dotted_step_needs_its_module_allowed() -> None:
    step = {"step": "mymodule.sharpen", "amount": 2}
    assert any("allow_modules=[mymodule]" in e for e in errors_of(specification(model__preprocess__2=step)))
    allowed = Evaluation.model_validate(specification(model__preprocess__2=step, allow_modules=["mymodule"]))
    assert allowed.model.steps[2].model_dump()["amount"] == 2


def test_a_head_belongs_to_weights_and_data_set() -> None:
    found = errors_of(specification(dataset__id="digits"))
    assert any("no head for dataset=digits" in e and "dataset=colors" in e for e in found)


def test_labels_in_another_order_are_refused() -> None:
    assert any("in this order" in e for e in errors_of(specification(dataset__labels=["blue", "green", "red"])))


def test_more_threads_than_cores_are_refused_with_the_way_out() -> None:
    assert any("software.threads.intra=1" in e for e in errors_of(specification(software__threads__intra=4)))


def test_all_threads_need_no_number() -> None:
    assert Evaluation.model_validate(specification(software__threads__intra="all")).software.threads.intra == "all"


@pytest.mark.parametrize("path", ["/etc/passwd", "../secrets.onnx", "artifacts/../../x.onnx"])
def test_a_path_that_leaves_its_folder_is_refused(path: str) -> None:
    assert any("leaves its folder" in e for e in errors_of(specification(model__artifacts__seeded__onnx__path=path)))


@pytest.mark.parametrize("line", ["numpy>=2", "numpy", "numpy==2.0+cpu", "numpy @ http://x/y.whl", "-r other.txt"])
def test_a_lock_holds_exact_public_versions_only(line: str) -> None:
    assert any("name==version" in e for e in errors_of(specification(software__packages=[line])))


def test_a_python_that_yaml_read_as_a_number_is_told_to_be_quoted() -> None:
    assert any('Write it in quotes: "3.11"' in e for e in errors_of(specification(software__python=3.1)))


def test_cuda_s_libraries_go_with_a_cuda_device_only() -> None:
    lock = ["nvidia-cublas==13.1.1.3", "nvidia-nccl-cu13==2.29.7", "torch==2.13.0"]
    assert any("nvidia-cublas==13.1.1.3 and 1 more" in e for e in errors_of(specification(software__packages=lock)))
    asked = specification(software__packages=lock, software__devices=["cpu", "cuda"])
    assert Evaluation.model_validate(asked).software.packages == tuple(lock)


def test_predictor_options_are_checked_by_the_predictors_own_signature() -> None:
    assert errors_of(specification(software__options={"graph_optimization": "turbo", "execution_mode": "sequential"}))
    assert errors_of(specification(software__options={"graph_optimization": "all"}))


def test_an_unknown_framework_is_answered_with_those_there_are() -> None:
    assert any("onnxruntime" in e for e in errors_of(specification(software__framework="onnxruntme")))


def test_an_unknown_scenario_kind_is_answered_with_those_there_are() -> None:
    assert any("single_stream" in e for e in errors_of(specification(scenario__kind="single_steam")))


def test_an_artifact_must_be_pinned() -> None:
    assert errors_of(specification(model__artifacts__seeded__onnx={"path": "artifacts/models/a.onnx", "stage": "a"}))


def test_a_boundless_number_is_refused() -> None:
    assert errors_of(specification(scenario__min_duration_s=float("inf")))
