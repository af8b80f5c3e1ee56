"""The manifests of this repository agree with dvc.lock, the bundled remote, and the code that builds."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from safetensors.numpy import load_file

from tasks.artifacts.archive import read_archive
from tasks.artifacts.builders import patchnet
from tasks.artifacts.files import sha256_of
from tasks.artifacts.networks.patchnet import patchnet as network
from tasks.artifacts.onnx_writer import write_onnx
from tasks.artifacts.pictures import LABELS
from tasks.artifacts.pipeline import md5_of
from tasks.artifacts.pixels import load_split, normalized, resized
from tests.artifacts.clones import ROOT, archive, bundled, manifest, model, recorded_md5
from tests.contracts.reference import logits

PATCHES = bundled("artifacts/datasets/patches/test.zip")
REMOTE = ROOT / "artifacts" / "remote"
REBUILD = "run: dvc repro && dvc push, then correct the SHA-256 in conf/ and commit all of it"


@pytest.mark.parametrize(("dataset", "split"), [(d, s) for d in ("patches", "digits") for s in ("train", "test")])
def test_data_set_manifest_names_the_bytes_and_numbers_of_its_archive(dataset: str, split: str) -> None:
    pinned = archive(dataset, split)
    samples = read_archive(bundled(pinned.path))
    assert sha256_of(bundled(pinned.path)) == pinned.sha256, REBUILD
    assert len(samples) == manifest(f"dataset/{dataset}")["samples"][split]
    assert sorted({sample.label for sample in samples}) == manifest(f"dataset/{dataset}")["labels"]
    assert len({sample.file for sample in samples}) == len(samples)


def test_patchnet_manifest_names_what_its_weights_become(tmp_path: Path) -> None:
    pinned = model("patchnet", "trained")
    patchnet.build(write_onnx, tmp_path / "patchnet.onnx", bundled("artifacts/models/patchnet.safetensors"))
    assert sha256_of(bundled(pinned.path)) == sha256_of(tmp_path / "patchnet.onnx") == pinned.sha256, REBUILD


@pytest.mark.parametrize("threads", ["1", "2"])
def test_resnet50_is_the_same_bytes_with_other_threads_and_in_another_folder(tmp_path: Path, threads: str) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    code = f"""
from pathlib import Path
from tasks.artifacts.builders.resnet50 import build
from tasks.artifacts.onnx_writer import write_onnx
head = Path({str(bundled("artifacts/models/resnet50_head.safetensors"))!r})
build(write_onnx, Path("resnet50.onnx"), {params["resnet50"]["seed"]}, head)
"""
    environment = {**os.environ, "OMP_NUM_THREADS": threads, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=environment)
    pinned = model("resnet50", "seeded")
    assert sha256_of(tmp_path / "resnet50.onnx") == pinned.sha256, REBUILD
    assert md5_of(tmp_path / "resnet50.onnx") == recorded_md5(pinned.path)


def test_dvc_lock_records_code_and_parameters_as_they_are() -> None:
    stages = yaml.safe_load((ROOT / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for name, stage in stages.items():
        code = [dep for dep in stage.get("deps", []) if dep["path"].startswith("tasks/")]
        assert code
        for dep in code:
            assert md5_of(ROOT / dep["path"]) == dep["md5"], f"{dep['path']} changed since {name} was built: {REBUILD}"
        for block, values in stage.get("params", {}).get("params.yaml", {}).items():
            assert params[block] == values, f"{block} in params.yaml changed since {name} was built: {REBUILD}"


def test_bundled_remote_is_small_intact_and_holds_nothing_else() -> None:
    lock = yaml.safe_load((ROOT / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    outs = [out for stage in stages.values() for out in stage["outs"] if isinstance(out, dict)]
    never_pushed = {path for out in outs for path, options in out.items() if options.get("push") is False}
    wanted = {out["md5"] for stage in lock.values() for out in stage["outs"] if out["path"] not in never_pushed}
    objects = [path for path in REMOTE.rglob("*") if path.is_file()]
    assert {path.parent.name + path.name for path in objects} == wanted, REBUILD
    assert all(md5_of(path) == path.parent.name + path.name for path in objects)
    assert sum(path.stat().st_size for path in objects) <= 20_000_000


@pytest.mark.parametrize(("name", "weights", "side"), [("patchnet", "trained", 64), ("resnet50", "seeded", 224)])
def test_channels_of_a_head_are_those_of_the_test_split(name: str, weights: str, side: int) -> None:
    described = manifest(f"model/{name}")
    step = next(step for step in described["preprocess"] if step["step"] == "normalize")
    head = described["heads"][weights]["patches"]
    split = load_split(PATCHES)
    chosen = split.pixels[:: 1 if side == 64 else 5]  # a fifth is enough of the large ones
    values = normalized(resized(chosen, side), step["mean"], step["std"], step["scale"])
    assert tuple(head["labels"]) == split.labels == LABELS
    assert np.allclose(values.mean((0, 2, 3), np.float64), head["channels"]["mean"], atol=0.06)
    assert np.allclose(values.std((0, 2, 3), np.float64), head["channels"]["std"], rtol=0.06)
    low, high = described["inputs"][0]["range"]
    assert low - 1e-3 <= values.min() < values.max() <= high + 1e-3


def test_patchnet_beats_its_baselines_and_notices_the_pitfalls() -> None:
    reached = json.loads(bundled("artifacts/models/patchnet.baselines.json").read_text(encoding="utf-8"))
    accuracy = reached["accuracy_top1"]
    assert accuracy["patchnet"] >= manifest("model/patchnet")["accuracy_floor"]["trained"]["patches"]
    assert accuracy["patchnet"] - max(accuracy["nearest_neighbour"], accuracy["colour_histogram"]) > 0.2
    assert max(accuracy["patchnet_fed_bgr"], accuracy["patchnet_fed_0_255"]) < 0.5
    assert accuracy["chance"] == pytest.approx(1 / 9)


def test_patchnet_is_right_by_its_weights_and_wrong_on_swapped_colours() -> None:
    split = load_split(PATCHES)
    chosen = slice(None, None, 25)
    weights = load_file(bundled("artifacts/models/patchnet.safetensors"))

    def accuracy(pixels: NDArray[np.uint8]) -> float:
        scores = logits(network(len(LABELS)), weights, normalized(pixels, (0.5,) * 3, (0.25,) * 3))
        return float((scores.argmax(1) == split.targets[chosen]).mean())

    assert accuracy(split.pixels[chosen]) >= 0.93
    assert accuracy(split.pixels[chosen][..., ::-1]) < 0.6


def test_resnet50_head_separates_what_it_was_fitted_on() -> None:
    weight = load_file(bundled("artifacts/models/resnet50_head.safetensors"))["fc.weight"]
    assert weight.shape == (9, 2048)
    # Rows of a regression on one-hot targets nearly cancel; written in another memory order they do not.
    assert np.abs(weight.sum(0)).max() < 1e-3 * np.abs(weight).max()


def test_imagenet_has_its_thousand_classes_in_order() -> None:
    labels = manifest("dataset/imagenet_val")["labels"]
    digest = hashlib.sha256("\n".join(labels).encode()).hexdigest()
    assert len(labels) == 1000
    assert labels == sorted(labels)
    assert digest == manifest("model/resnet50")["heads"]["imagenet"]["imagenet_val"]["labels_sha256"]
