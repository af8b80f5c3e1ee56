"""Reading data sets."""

from pathlib import Path

import pytest
import yaml

from tasks import ROOT
from tasks.errors import Refused
from tasks.modalities.image_classification import Modality
from tasks.processing.samples import Samples, open_samples
from tests.builders import COLORS, archive, png

LABELS = list(COLORS)


def labelled(kind: str, path: Path, labels: list[str]) -> tuple[Samples, list[int]]:
    samples = open_samples({"kind": kind, "path": path})
    return samples, Modality().truths(samples, {"labels": labels})


def folder(path: Path) -> Path:
    for label in ("red", "blue"):
        (path / label).mkdir(parents=True)
        for i in range(2):
            (path / label / f"{i}.png").write_bytes(png(COLORS[label]))
    (path / "blue" / "notes.txt").write_text("no image")
    return path


def test_an_archive_lists_labels_groups_and_bytes(tmp_path: Path) -> None:
    samples, labels = labelled("archive", archive(tmp_path / "a.zip"), LABELS)
    assert len(samples) == 30 and labels.count(2) == 10
    assert samples.groups[:3] == ["red/0", "red/0", "red/1"]
    assert samples.read(0).startswith(b"\x89PNG")


def test_class_folders_may_be_a_part_of_the_labels_and_other_files_are_left_out(tmp_path: Path) -> None:
    samples, labels = labelled("image_folder", folder(tmp_path / "val"), LABELS)
    assert samples.files == ["blue/0.png", "blue/1.png", "red/0.png", "red/1.png"]
    assert labels == [2, 2, 0, 0]


def test_labels_that_the_manifest_does_not_name_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="2 labels that the manifest does not name: green, red"):
        labelled("archive", archive(tmp_path / "a.zip"), ["blue", "black"])


def test_a_missing_folder_is_a_sentence_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"does not exist\. Set dataset\.folder="):
        open_samples({"kind": "image_folder", "path": tmp_path / "none"})


def test_an_empty_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no class folders"):
        open_samples({"kind": "image_folder", "path": tmp_path})


def test_what_is_no_archive_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no zip")
    with pytest.raises(Refused, match=r"not a data set archive"):
        open_samples({"kind": "archive", "path": tmp_path / "a.zip"})


def test_the_usual_imagenet_layout(tmp_path: Path) -> None:
    labels = yaml.safe_load((ROOT / "conf" / "dataset" / "imagenet_val.yaml").read_text())["labels"]
    for wnid in ("n01440764", "n02102040", "n15075141"):
        (tmp_path / wnid).mkdir()
        (tmp_path / wnid / "ILSVRC2012_val_00000293.JPEG").write_bytes(png((1, 2, 3)))
    assert len(labels) == 1000 and labelled("image_folder", tmp_path, labels)[1] == [0, 217, 999]
    (tmp_path / "n00000000").mkdir()
    (tmp_path / "n00000000" / "1.JPEG").write_bytes(png((1, 2, 3)))
    with pytest.raises(Refused, match="n00000000"):
        labelled("image_folder", tmp_path, labels)
