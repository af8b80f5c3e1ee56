"""Laws of a pipeline's specification."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tasks.specs.evaluation import Evaluation
from tasks.specs.pipeline import Pipeline
from tests.builders import specification
from tests.pipelines import CROP, piped


def asked(**changes: Any) -> Evaluation:
    return Evaluation.model_validate(piped(**changes))


def mistake(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        asked(**changes)
    return " ".join(str(e["msg"]) for e in caught.value.errors())


def test_it_survives_json_with_every_part() -> None:
    evaluation = asked()
    again = Evaluation.model_validate(json.loads(evaluation.model_dump_json()))
    assert isinstance(again.model, Pipeline) and again == evaluation and again.hashes() == evaluation.hashes()


def test_what_goes_in_is_the_first_model_s_and_what_comes_out_the_last_one_s() -> None:
    model = asked(
        model__pipeline__0__model__inputs__0__name="first", model__pipeline__1__model__outputs__0__name="last"
    ).model
    assert (model.inputs[0].name, model.outputs[0].name) == ("first", "last")
    assert model.name == "look_and_name[detector.seeded+tiny.seeded]" and not model.time_only


@pytest.mark.parametrize("stage", [0, 1])
def test_one_changed_byte_of_any_part_changes_the_model_s_hash_and_no_other_aspect_s(stage: int) -> None:
    before = asked().hashes()
    after = asked(**{f"model__pipeline__{stage}__model__artifacts__seeded__onnx__sha256": "0" * 63 + "1"}).hashes()
    assert {name for name in before if before[name] != after[name]} == {"model", "evaluation"}


def test_the_order_and_the_steps_between_are_hashed_too() -> None:
    hashes = {asked().hashes()["model"], asked(model__pipeline__0__then__0__margin=0.1).hashes()["model"]}
    assert len(hashes | {asked(model__pipeline__0__name="other").hashes()["model"]}) == 3


def test_every_part_has_a_file_that_the_software_reads() -> None:
    assert list(asked().artifacts) == ["model.look", "model.name"]
    one = Evaluation.model_validate(specification())
    assert list(one.artifacts) == ["model"] and one.artifacts["model"] == one.artifact
    there = {"keras": {"path": "artifacts/models/a.keras", "sha256": "0" * 64}}
    assert "reads onnx files, tiny[seeded] has keras" in mistake(model__pipeline__1__model__artifacts__seeded=there)


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ("0__name", "name", "give each a name of its own"),
        ("0__name", "between", "other than «between»"),
        ("0__name", "Look", "should match pattern"),
        ("0__then", [], "«look» gives boxes, and «name» needs pictures: end its «then» in enlarged, crop"),
        ("0__then", [{"step": "enlarged", "color": "answer"}], "the step «enlarged» takes picture"),
        ("0__then", [CROP, CROP], "the step «crop» takes boxes, and what it is given is pictures"),
        ("0__then__0__step", "corp", "Did you mean crop?"),
        ("0__then__0__none", "nothing", "best_crop needs a box in every picture: set none: whole"),
        ("0__model__preprocess__1__aspect", "shorter_side", "does not read whole pictures (resize)"),
        ("0__then", [{"step": "relabel", "score": "product"}], "relabel needs boxes that were found before"),
        ("1__then", [], "«name» answers for crops: say in its «then» what is a picture's, relabel, best_crop"),
        ("1__then", [{"step": "relabel", "score": "product"}], "gives boxes; image_classification is judged by"),
        ("1__model__batch", 1, "is given any number of crops, and tiny[seeded] takes one sample at a time"),
        ("1__model__modality", "speech", "takes classes, and what it is given is speech"),
        ("1__model__preprocess__0", {"step": "cast", "dtype": "float32"}, "has no step decode as its first"),
    ],
)
def test_stages_that_do_not_fit_are_told_with_the_way_out(place: str, value: Any, sentence: str) -> None:
    assert sentence in mistake(**{f"model__pipeline__{place}": value})


def test_its_weights_say_which_models_they_are_of() -> None:
    assert "those of its models «detector.seeded+tiny.seeded»; leave weights out" in mistake(model__weights="seeded")


def test_a_pipeline_is_no_stage() -> None:
    assert "Extra inputs" in mistake(model__pipeline__0__model__pipeline=[])


def test_a_picture_of_a_pipeline_is_rgb() -> None:
    assert "a picture of a pipeline is RGB; set color: RGB" in mistake(model__preprocess__0__color="BGR")


def test_relabelled_boxes_are_an_object_detection() -> None:
    asked(
        model__modality="object_detection", model__pipeline__1__then=[{"step": "relabel", "score": "product"}],
        dataset__id="synthetic", dataset__kind="synthetic", dataset__archives={}, dataset__modality="any",
    )  # fmt: skip


def test_code_of_a_step_in_any_place_has_to_be_allowed() -> None:
    assert "allow it with 'allow_modules=[tests.agent.found_boxes]'" in mistake(allow_modules=[])
    own = [CROP, {"step": "mine.sharpen"}]
    assert "allow it with 'allow_modules=[mine]'" in mistake(model__pipeline__0__then=own)


def test_where_it_has_no_head_the_data_set_is_refused() -> None:
    assert "has no head for dataset=digits" in mistake(dataset__id="digits")
