"""The drawn scenes: the same bytes again, textures of test tiles, and boxes, masks, and depths that agree."""

import json
from pathlib import Path

import numpy as np
import pytest

from tasks.artifacts.archive import read_archive
from tasks.artifacts.builders import scenes as builder
from tasks.artifacts.centres import maps_of
from tasks.artifacts.files import sha256_of
from tasks.artifacts.scenes import CAMERA, FOCAL, LABELS, SHAPES, SIDE
from tasks.modalities import _places
from tasks.processing.boxes import centre_boxes, overlaps
from tasks.processing.samples import Samples, open_samples
from tests.artifacts.clones import archive, bundled, manifest
from tests.artifacts.test_modality_data import PARAMS, REBUILD
from tests.modalities.builders import scenes

DATASETS = ("scenes_boxes", "scenes_masks", "scenes_depth")


@pytest.fixture(scope="module")
def samples() -> Samples:
    return open_samples({"kind": "archive", "path": bundled("artifacts/datasets/scenes/test.zip")})


def test_scenes_are_built_to_the_same_bytes_of_textures_of_the_test_crops(tmp_path: Path) -> None:
    textures = bundled("artifacts/datasets/patches/test.zip")
    builder.build(**PARAMS["scenes"], archive=textures, file=tmp_path / "test.zip")
    assert sha256_of(tmp_path / "test.zip") == sha256_of(bundled("artifacts/datasets/scenes/test.zip")), REBUILD
    train = {s.group for s in read_archive(bundled("artifacts/datasets/patches/train.zip"))}
    assert not train & {s.group for s in read_archive(textures)}


@pytest.mark.parametrize("name", DATASETS)
def test_three_manifests_ask_three_things_of_one_archive(name: str, samples: Samples) -> None:
    path = bundled(archive(name, "test").path)
    assert archive(name, "test").sha256 == sha256_of(path), REBUILD
    assert manifest(f"dataset/{name}")["samples"]["test"] == len(samples) == len(set(samples.groups))
    assert path.stat().st_size < 500_000


def test_boxes_masks_and_depths_say_the_same(samples: Samples) -> None:
    for row in samples.rows:
        mask, depth = (_places.plane(samples.file(row[name])) for name in ("mask", "depth"))
        assert mask.shape == depth.shape == (96, 96) and mask.max() < len(LABELS) and depth.min() > 1000
        drawn = np.zeros(mask.shape, bool)
        for label, left, top, right, bottom in json.loads(row["boxes"]):
            inside = mask[top:bottom, left:right] == LABELS.index(label)
            assert inside.any(axis=0)[[0, -1]].all() and inside.any(axis=1)[[0, -1]].all()  # the box is tight
            drawn[top:bottom, left:right] = True
        assert not (mask[~drawn] >= LABELS.index(SHAPES[0])).any()  # no shape without a box


def test_a_floor_is_as_far_as_a_flat_one_is_seen() -> None:
    for one in scenes(5):
        floor = one.classes == LABELS.index("floor")
        rows = np.flatnonzero(floor.any(axis=1))
        away = np.array([one.depth[row][floor[row]] for row in rows if floor[row].all()])
        assert (away == away[:, :1]).all()
        steps = np.diff(FOCAL * CAMERA / away[:, 0])  # 1 / depth grows with the row below the horizon
        assert steps == pytest.approx(np.ones(len(steps)))


def test_what_is_far_is_small_and_stands_where_the_floor_is_as_far() -> None:
    for one in scenes(12):
        for kind, left, top, right, bottom in one.boxes:
            seen = one.classes[top:bottom, left:right] == 2 + kind
            away = one.depth[top:bottom, left:right][seen]
            assert (bottom - top) * np.median(away) / FOCAL < 1.45  # at most 1.2 m, and a pixel at either end


@pytest.mark.parametrize("mirrored", [False, True])
def test_what_a_detector_is_wanted_to_answer_becomes_the_boxes_again(mirrored: bool) -> None:
    of = scenes(12)
    heat, boxes, counts = maps_of(of, mirrored)
    logits = np.where(heat == 1, 9.0, -9.0)
    found = centre_boxes((boxes, logits), order="boxes_scores", sizes="log", least_score=0.5, most=20)
    for n, one in enumerate(of):
        edges = np.array([box[1:] for box in one.boxes], float)
        true = (
            np.stack([SIDE - edges[:, 2], edges[:, 1], SIDE - edges[:, 0], edges[:, 3]], axis=1) if mirrored else edges
        )
        assert sorted(found.classes[n]) == sorted(box[0] for box in one.boxes)
        best = overlaps(true, found.boxes[n] * SIDE).max(axis=1)
        alone = overlaps(true, true).sum(axis=1) == 1  # where boxes meet, the nearer one has the cells
        assert (best[alone] > 0.999).all()
        assert counts[n].sum() <= 9 * len(one.boxes)
