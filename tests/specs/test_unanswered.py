"""«???» in a manifest: where it may stand, and that nothing of it reaches synthetic inputs."""

from tasks.specs.model import Model
from tasks.specs.unanswered import neutral, unanswered
from tests.builders import specification

OPEN = {
    "modality": "???", "preprocess": "???", "postprocess": "???", "heads": "???",
    "inputs__0__color": "???", "outputs__0__meaning": "???",
}  # fmt: skip


def test_open_fields_are_named_as_their_user_writes_them() -> None:
    model = specification(**{f"model__{name}": value for name, value in OPEN.items()})["model"]
    assert set(unanswered(model)) == {name.replace("__", ".") for name in OPEN}
    assert unanswered(specification()["model"]) == []


def test_a_manifest_is_valid_with_any_open_field_once_it_is_neutral() -> None:
    for name in OPEN:
        model = specification(**{f"model__{name}": "???"})["model"]
        assert Model.model_validate(neutral(model)).inputs[0].name == model["inputs"][0]["name"]


def test_what_is_answered_stays_as_it_is() -> None:
    model = specification()["model"]
    assert neutral(model) == model


def test_an_open_field_elsewhere_stays_open_and_is_refused() -> None:
    model = specification(model__inputs__0__shape="???", model__weights="???")["model"]
    assert unanswered(model) == [] and neutral(model)["weights"] == "???"
