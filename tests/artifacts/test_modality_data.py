"""The data sets of modalities: archives as their manifests say, test apart from train, the same bytes again."""

import importlib
import sys
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import yaml

from tasks.artifacts.archive import read_archive
from tasks.artifacts.builders import crops, manuals
from tasks.artifacts.files import sha256_of
from tasks.artifacts.manuals import MANUALS, manual
from tasks.artifacts.tiles import Cut
from tasks.modalities import _pictures
from tasks.processing.samples import open_samples
from tests.artifacts.clones import ROOT, archive, bundled, manifest

REBUILD = "run: dvc repro && dvc push, then correct the SHA-256 in conf/ and commit all of it"
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
PINNED = [("crops_x2", "test"), ("crops_x3", "test"), *((d, "test") for d in ("manuals", "manuals_origin"))]


@pytest.mark.parametrize(("dataset", "split"), [*PINNED, ("manuals", "train")])
def test_the_manifest_names_the_bytes_and_the_number_of_samples(dataset: str, split: str) -> None:
    pinned = archive(dataset, split)
    path = bundled(pinned.path)
    assert sha256_of(path) == pinned.sha256, REBUILD
    samples = open_samples({"kind": "archive", "path": path})
    assert len(samples) == manifest(f"dataset/{dataset}")["samples"][split]
    assert path.stat().st_size < 600_000


@pytest.mark.parametrize("scale", [2, 3])
def test_every_small_picture_is_its_truth_made_smaller(scale: int) -> None:
    samples = open_samples({"kind": "archive", "path": bundled(f"artifacts/datasets/crops/test_x{scale}.zip")})
    assert len(set(samples.groups)) == 9
    for i, row in enumerate(samples.rows):
        small, large = _pictures.grey(samples.read(i)), _pictures.grey(samples.file(row["truth"]))
        assert large.shape == (72, 72) and small.shape == (72 // scale, 72 // scale)
        means = large.reshape(72 // scale, scale, 72 // scale, scale).mean((1, 3))
        assert np.abs(means - small).mean() < 6  # grey levels: shrinking is nearly averaging


def test_pairs_are_built_to_the_same_bytes_and_lie_in_tiles_that_train_has_not(tmp_path: Path) -> None:
    given = PARAMS["crops"]
    cut = Cut(given["tile"], given["margin"], given["crop"], given["seed"])
    crops.build(cut, given["per_picture"], given["least_std"], given["scales"], tmp_path)
    for scale in given["scales"]:
        path = bundled(f"artifacts/datasets/crops/test_x{scale}.zip")
        assert sha256_of(tmp_path / f"test_x{scale}.zip") == sha256_of(path), REBUILD
        for name in open_samples({"kind": "archive", "path": path}).files:
            left, top = (int(part) for part in Path(name).stem[1:].split("y"))
            assert (left // given["tile"] + top // given["tile"]) % 2 == 1  # tasks/artifacts/tiles.py


def test_texts_are_built_to_the_same_bytes_and_test_is_apart_from_train(tmp_path: Path) -> None:
    manuals.build(**PARAMS["manuals"], folder=tmp_path)
    for split in ("train", "test"):
        pinned = bundled(f"artifacts/datasets/manuals/{split}.zip")
        assert sha256_of(tmp_path / f"{split}.zip") == sha256_of(pinned), REBUILD
    train, test = (read_archive(tmp_path / f"{split}.zip") for split in ("train", "test"))
    assert not {s.group for s in train} & {s.group for s in test}
    whole = b"\0".join(s.data for s in train)
    repeated = [s.file for s in test if s.data in whole]
    assert len(repeated) < 0.01 * len(test)  # lines of tables and of code that look alike
    assert {s.label for s in test} == set(manifest("dataset/manuals")["labels"])


def test_a_manual_is_the_same_after_importlib_metadata_was_imported() -> None:
    assert importlib.import_module("importlib_metadata").MetadataPathFinder in map(type, sys.meta_path)
    for package, pinned in MANUALS.items():
        assert sha256(manual(package)).hexdigest() == pinned


@pytest.mark.parametrize("first", [True, False])
def test_a_manual_is_the_pinned_one_though_its_package_is_there_twice(
    first: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = metadata.version("psutil")
    (info := tmp_path / f"psutil-{version}.dist-info").mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: psutil\nVersion: {version}\n\nAnother text.\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path] if first else [*sys.path, str(tmp_path)])
    assert sha256(manual("psutil")).hexdigest() == MANUALS["psutil"]
