"""A pipeline's YAML: stages name models, and a mistake is one sentence."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from flows import cli, conf, spec, stages, zoo
from tasks.errors import Refused
from tasks.specs.pipeline import Pipeline

NAME = "+model=enlarge_patchnet"


def sentence(*words: str) -> str:
    with pytest.raises(Refused) as caught:
        cli.composed([NAME, *words])
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_stages_hold_the_manifests_of_the_models_that_they_name() -> None:
    model = cli.composed([NAME]).model
    assert isinstance(model, Pipeline) and list(model.models) == ["enlarge", "classify"]
    assert model.models["classify"] == cli.composed(["+model=patchnet"]).model
    assert model.parts == ("enlarge", "classify", "between")


def test_it_is_judged_as_its_last_model_is_unless_it_says_so_itself() -> None:
    evaluation = cli.composed([NAME])
    assert evaluation.model.modality == "image_classification" and evaluation.dataset.id == "patches"
    assert evaluation.head.channels is None  # they are of patchnet's inputs, not of the first model's


def test_a_stage_is_exchanged_on_the_command_line_and_swept_over() -> None:
    found = cli.read([NAME, "model.pipeline.enlarge.weights=seeded"])
    assert [of.model.name for of in found] == ["enlarge_patchnet[espcn.seeded+patchnet.trained]"]
    swept = cli.read(["-m", NAME, "model.pipeline.classify.model=patchnet,resnet18,lcnet_050"])
    assert len({of.hashes()["model"] for of in swept}) == len({of.title for of in swept}) == 3


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("model.pipeline.enlarge.model=espnc", "There is no model «espnc». Did you mean espcn"),
        ("model.pipeline.enlarge.model=enlarge_patchnet", "names itself"),
        ("model.pipeline.enlarge.model=bicubic_patchnet", "names «bicubic_patchnet», which is a pipeline"),
        ("model.pipeline.enlarge.weights=imagenet", "espcn has no weights «imagenet». Available: trained, seeded."),
        ("model.pipeline.enlarge.model=byte_lm", "byte_lm[trained], of language_generation, has no step decode"),
        ("model.pipeline.enlrge.weights=trained", "There is no stage «enlrge». Did you mean enlarge?"),
        ("model.pipeline.enlarge.wieghts=trained", "There is no field of a stage «wieghts». Did you mean weights?"),
        ("+model.pipeline.enlarge.wieghts=trained", "There is no field of a stage «wieghts». Did you mean weights?"),
        ("+model.pipeline.more={then: []}", "pipeline.more names no model"),
        ("model.pipeline.enlarge.then=[]", "«enlarge» gives picture, and «classify» needs pictures"),
        ("model.pipeline.enlarge.then=[{step: enlargd}]", "pipeline.enlarge.then.0: There is no step «enlargd»"),
        ("model.pipeline=3", "names no stage"),
        ("software=mxnet", "software=mxnet reads mxnet files, espcn[trained] has onnx, pt2"),
        ("dataset=manuals", "has no head for dataset=manuals"),
        ("expect.predict_enlrge_p99_ms=5", "Did you mean predict_enlarge_p99_ms"),
    ],
)
def test_a_mistake_is_one_sentence_with_the_way_out(word: str, said: str) -> None:
    assert said in sentence(word)


def test_a_budget_of_one_stage_is_understood() -> None:
    assert cli.composed([NAME, "expect.predict_enlarge_p99_ms=5", "expect.predict_between_share=0.5"]).expect.bounds


def test_what_a_stage_s_model_leaves_open_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = {**cli.fields("patchnet"), "id": "mine", "postprocess": "???"}
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text(yaml.safe_dump(model))
    monkeypatch.setenv(conf.ALSO, str(tmp_path))
    assert "conf/model/mine.yaml leaves postprocess «???»" in sentence("model.pipeline.classify.model=mine")


def test_what_is_whole_already_stays_as_it_is() -> None:
    for name in ("enlarge_patchnet", "patchnet"):
        fields: dict[str, Any] = cli.fields(name)
        assert stages.resolved(fields) is fields


def test_the_zoo_lists_a_pipeline_with_its_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert zoo.run(["list", "enlarge_patchnet"]) == 0
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "enlarge_patchnet" in line]
    assert "espcn[trained] + patchnet[trained]" in row and "mxnet" not in row and "openvino" in row


def test_a_pipeline_is_valid_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert spec.run(["validate", NAME]) == 0
    assert spec.run(["show", NAME]) == 0
    shown = yaml.safe_load(capsys.readouterr().out)
    assert [stage["name"] for stage in shown["model"]["pipeline"]] == ["enlarge", "classify"]
