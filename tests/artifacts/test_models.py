"""The cache of built models: what it hands over, what it refuses, and what it drops. Building itself: test_zoo.py."""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from flows import cli, conf, zoo
from tasks.artifacts import models, store
from tasks.errors import ArtifactMismatch, Refused
from tasks.specs.artifact import Artifact
from tests.predictors.real_stacks import LARGE

BYTES = {"model.onnx": b"onnx" * 1000, "model.pt2": b"pt2" * 1000}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOUCHSTONE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def artifact(name: str = "nlinear", form: str = "onnx", sha256: str | None = None) -> Artifact:
    (model,) = zoo.chosen([name])
    return model.files()[form].model_copy(update={"sha256": sha256})


def laid(file: Artifact, idle_s: float = 0.0) -> Path:
    """The folder as a build leaves it, last used so long ago."""
    assert file.built is not None
    folder = models.folder_of(file.built)
    folder.mkdir(parents=True)
    for name, data in BYTES.items():
        (folder / name).write_bytes(data)
    sha256 = {name: hashlib.sha256(data).hexdigest() for name, data in BYTES.items()}
    (folder / models.DONE).write_text(json.dumps({"parameters": 10, "macs": 20, "sha256": sha256}))
    when = (folder / models.DONE).stat().st_mtime - idle_s
    os.utime(folder / models.DONE, (when, when))
    return folder


def test_a_built_model_is_handed_over_by_its_checksum(cache: Path) -> None:
    file = artifact(sha256=hashlib.sha256(BYTES["model.onnx"]).hexdigest())
    folder = laid(file, idle_s=1000)
    assert store.present(file, conf.CONF.parent)
    assert store.fetch(file, conf.CONF.parent, print) == folder / "model.onnx"
    assert models.inventory()[0].idle_s < 100  # it was used just now


def test_other_bytes_than_the_manifest_s_are_refused_with_the_way_out() -> None:
    file = artifact(sha256="0" * 64)
    laid(file)
    with pytest.raises(ArtifactMismatch, match=r"Nothing was measured\. .*python -m flows\.zoo build nlinear"):
        models.bring(file, print)


def test_what_a_model_is_made_of_names_its_folder_and_what_came_out_does_not() -> None:
    file = artifact()
    assert file.built is not None
    again = file.built.model_copy(update={"build": file.built.build.model_copy(update={"parameters": 1, "sha256": {}})})
    other = file.built.model_copy(update={"build": file.built.build.model_copy(update={"seed": 9})})
    assert models.folder_of(again) == models.folder_of(file.built) != models.folder_of(other)


def test_the_longest_unused_goes_first_and_what_is_measured_stays() -> None:
    names = ("nlinear", "dlinear", "tide")
    oldest, older, newest = (laid(artifact(name), idle_s) for name, idle_s in zip(names, (300, 200, 100), strict=True))
    said: list[str] = []
    with (oldest / "model.onnx").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)  # as an agent does
        models.evict(models._size(newest) * 2, said.append)
        assert (oldest.exists(), older.exists(), newest.exists()) == (True, False, True)
        with pytest.raises(Refused, match="is being measured"):
            zoo.run(["evict", "nlinear"])
    zoo.run(["evict", "nlinear"])
    assert not oldest.exists()
    assert len(said) == 1 and said[0].startswith("removed dlinear, ")


def test_downloads_count_and_go_before_what_was_built_of_them(cache: Path) -> None:
    built, now, said = laid(artifact(), 300), time.time(), list[str]()
    folder = models.root() / models.DOWNLOADS
    folder.mkdir(parents=True)
    for name, idle_s in (("old.pth", 9000), ("older.pth", 9999), ("in-use.pth", 60), (".coming.pth.part", 9999)):
        (folder / name).write_bytes(bytes(1000))
        os.utime(folder / name, (now - idle_s, now - idle_s))
    models.evict(models._size(built) + 2000, said.append)
    assert sorted(path.name for path in folder.iterdir()) == [".coming.pth.part", "in-use.pth", "old.pth"]
    assert len(said) == 1 and said[0].startswith("removed the download older.pth, 0 MB") and built.exists()
    models.evict(1, said.append)
    assert sorted(path.name for path in folder.iterdir()) == [".coming.pth.part", "in-use.pth"] and not built.exists()


@pytest.mark.parametrize("text", ["many", "0", "-3", "inf", "nan"])
def test_a_budget_that_is_none_is_a_sentence(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TOUCHSTONE_CACHE_GB", text)
    with pytest.raises(Refused, match=f"TOUCHSTONE_CACHE_GB={text} is no number of gigabytes above 0"):
        models.budget_bytes()


def test_what_came_out_is_pinned_into_the_manifest_and_nothing_else_changes() -> None:
    text = (conf.CONF / "model" / "nlinear.yaml").read_text()
    facts = {"parameters": 7, "macs": 8, "sha256": {"model.onnx": "a" * 64, "model.pt2": "b" * 64}}
    before, after = yaml.safe_load(text), yaml.safe_load(models.pinned(text, "seeded", facts))
    build = after["build"]["seeded"]
    assert (build["parameters"], build["macs"], build["sha256"]) == (7, 8, {"onnx": "a" * 64, "pt2": "b" * 64})
    before["build"] = after["build"] = None
    assert before == after and models.pinned(text, "seeded", facts).startswith(text.splitlines()[0])


def test_the_list_names_every_model_with_its_weights_and_what_is_built(capsys: pytest.CaptureFixture[str]) -> None:
    laid(artifact())
    assert zoo.run(["modality=time_series"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (row,) = [line for line in lines if "nlinear[seeded]" in line and "dlinear" not in line]
    assert "onnxruntime" in row and "pytorch" in row and " MB" in row
    assert all(line.startswith("time_series") for line in lines[1:-1])
    assert lines[-1].endswith("built ones hold 0.00 of 20 GB")


@pytest.mark.parametrize(
    ("words", "said"),
    [(["build", "nlinaer"], "Did you mean nlinear"), (["modality=sight"], "There is no modality «sight»")],
)
def test_a_name_that_is_none_is_answered_with_the_nearest(words: list[str], said: str) -> None:
    with pytest.raises(Refused, match=said):
        zoo.run(words)


def test_a_manifest_that_is_none_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    text = (conf.CONF / "model" / "nlinear.yaml").read_text()
    (tmp_path / "model" / "nlinear.yaml").write_text(text.replace("modality: time_series", "modality: sight"))
    monkeypatch.setattr(conf, "CONF", tmp_path)
    with pytest.raises(Refused, match=r"nlinear\.yaml is no model, in 1 places: python -m flows\.spec validate"):
        zoo.run(["list"])


def test_a_model_without_data_is_measured_on_synthetic_inputs_unless_told_otherwise() -> None:
    (asked,) = cli.read(["+model=nlinear"])
    assert asked.dataset.id == "synthetic" and asked.title == "nlinear[seeded] on synthetic"
    assert cli.read(["+model=resnet18"])[0].dataset.id == "patches"
    assert (
        cli.read(["+model=resnet18", "model.weights=pretrained"])[0].dataset.id == "synthetic"
    )  # ImageNet is not here
    with pytest.raises(Refused, match="dataset=synthetic measures speed alone"):
        cli.read(["+model=nlinear", "dataset=patches"])


def test_a_software_takes_the_first_of_its_formats_that_there_is() -> None:
    assert cli.read(["+model=resnet50", "software=pytorch"])[0].format == "table"
    assert cli.read(["+model=resnet18", "software=pytorch"])[0].format == "pt2"
    with pytest.raises(
        Refused, match=r"tensorflow reads keras and saved_model files, resnet18\[seeded\] has onnx, pt2, tflite, mxnet"
    ):
        cli.read(["+model=resnet18", "software=tensorflow"])


@LARGE
def test_a_model_is_built_when_it_is_asked_for_and_measured(cache: Path, tmp_path: Path) -> None:
    words = ["+model=two_tower", "scenario=quick", "services=ephemeral", f"tracking.uri=sqlite:///{tmp_path}/runs.db"]
    env = {**os.environ, "TOUCHSTONE_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-m", "flows.evaluate", *words], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(Path(done.stdout.splitlines()[-1]).read_text())
    assert summary["metrics"]["reference_error"]["value"] < 1e-3
    assert summary["metrics"]["accuracy_top1"]["note"] == "not evaluated: synthetic inputs"


def test_a_builders_long_sentence_keeps_how_it_begins_and_the_way_out() -> None:
    said = f"No build for this machine: {'library, ' * 90}point pip at another index."
    shown = models._shown(said)
    assert len(shown) < len(said) and shown.startswith("No build") and shown.endswith("at another index.")
    assert models._shown("Short.") == "Short."
