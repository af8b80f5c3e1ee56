"""`flows.spec`: validate, schema, show, diff."""

import json
from pathlib import Path

import pytest
import yaml

from flows import cli, conf, spec
from tasks.errors import Refused


def test_everything_in_conf_is_valid_and_it_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert spec.run(["validate"]) == 0
    assert capsys.readouterr().out == ""


def test_a_broken_file_is_named_with_every_field(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import shutil

    mine = tmp_path / "conf"
    shutil.copytree(conf.CONF, mine)
    manifest = mine / "model" / "patchnet.yaml"
    data = yaml.safe_load(manifest.read_text())
    data["inputs"][0]["layout"] = "NHCW"
    data["preprocess"][0].pop("color")
    data["colour"] = "RGB"
    manifest.write_text(yaml.safe_dump(data))
    monkeypatch.setattr(conf, "CONF", mine)
    with pytest.raises(Refused) as caught:
        spec.run(["validate"])
    lines = str(caught.value).splitlines()
    assert len(lines) == 3 and all(line.startswith("conf/model/patchnet.yaml: ") for line in lines)
    assert all(any(field in line for line in lines) for field in ("inputs.0.layout", "preprocess.0.color", "«colour»"))


def test_the_published_schema_is_the_one_that_is_parsed() -> None:
    way_out = "run: python -m flows.spec schema > conf/schema/evaluation.json"
    assert spec.SCHEMA.read_text() == spec.schema_text(), way_out


def test_the_schema_says_what_is_mandatory() -> None:
    definitions = json.loads(spec.schema_text())["$defs"]
    assert {"height", "width", "method", "antialias", "aspect"} <= set(definitions["ResizeStep"]["required"])


def test_show_ends_with_the_hashes(capsys: pytest.CaptureFixture[str]) -> None:
    spec.run(["show", "+model=patchnet"])
    shown = yaml.safe_load(capsys.readouterr().out)
    assert shown["hashes"] == cli.read(["+model=patchnet"])[0].hashes()


def test_diff_shows_what_differs_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    spec.run(["diff", "+model=patchnet", "scenario.seed=0,1"])
    lines = capsys.readouterr().out.splitlines()
    assert "scenario.seed: 0 → 1" in lines
    assert {line.split(":")[0].split(".")[0] for line in lines} == {"hashes", "scenario"}


def test_diff_of_runs_reads_what_was_recorded(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 5)):
        (evaluation,) = cli.read(["+model=patchnet", f"scenario.seed={seed}"])
        (tmp_path / name).mkdir()
        summary = {"evaluation": evaluation.model_dump(mode="json"), "hashes": evaluation.hashes()}
        (tmp_path / name / "summary.json").write_text(json.dumps(summary))
    spec.run(["diff", f"a={tmp_path / 'a'}", f"b={tmp_path / 'b'}"])
    assert "scenario.seed: 0 → 5" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["diff", "+model=patchnet"], ["diff", "a=none", "b=none"], ["valdate"], []])
def test_mistakes_are_sentences(words: list[str]) -> None:
    with pytest.raises(Refused):
        spec.run(words)
