"""Further formats of the zoo: which there are, what a plain graph keeps, what is held against float64, and one made."""

import json
import math
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from flows import cli, conf, zoo
from tasks import ROOT
from tasks.artifacts import models
from tasks.artifacts.files import sha256_of
from tasks.artifacts.zoo.formats import plain
from tasks.artifacts.zoo.formats.fourier import matrix
from tasks.artifacts.zoo.formats.gathers import SIZES, Seen, gathered
from tasks.artifacts.zoo.formats.gelu import fused
from tasks.artifacts.zoo.formats.held import compared
from tasks.errors import Refused
from tasks.specs.model import FORMATS, FURTHER
from tests.artifacts.test_zoo import MANIFESTS, ZOO, run_module, written
from tests.predictors.real_stacks import LARGE


def test_a_further_format_is_there_where_it_is_pinned_and_nowhere_else() -> None:
    (model,) = zoo.chosen(["nlinear"])
    build = model.build["seeded"]
    for pinned in ({}, {"tflite": "a" * 64}):
        sha256 = {form: digest for form, digest in build.sha256.items() if form in FORMATS} | pinned
        told = model.model_copy(update={"build": {"seeded": build.model_copy(update={"sha256": sha256})}})
        assert set(told.files()) == {*FORMATS, *pinned}
    assert told.files()["tflite"].sha256 == "a" * 64


def test_a_further_format_has_a_folder_of_its_own_and_the_first_ones_share_one() -> None:
    (model,) = zoo.chosen(["nlinear"])
    folders = [models.folder_of(built) for form in (*FORMATS, *FURTHER) if (built := model.made(form).built)]
    assert len(set(folders)) == 1 + len(FURTHER) and folders[0] == folders[1]


@pytest.mark.parametrize("form", FURTHER)
def test_every_further_format_has_a_writer_and_its_environment(form: str) -> None:
    assert models.WRITERS[form].is_file() and (ZOO / "formats" / f"{form}.py").is_file()


def test_most_of_the_zoo_can_be_written_for_other_frameworks() -> None:
    pinned = [form for build in MANIFESTS.values() for form in build.get("sha256", ())]
    assert pinned.count("tflite") >= 0.6 * len(MANIFESTS) and pinned.count("mxnet") >= 0.3 * len(MANIFESTS)


def test_what_has_no_file_is_refused_before_anything_is_built_and_left_out_of_a_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = Path(shutil.copytree(conf.CONF, tmp_path / "conf"))
    manifest = mine / "model" / "nlinear.yaml"
    manifest.write_text(re.sub(r", tflite: \w+", "", manifest.read_text()))
    monkeypatch.setattr(conf, "CONF", mine)
    with pytest.raises(Refused, match=r"software=litert reads tflite files, nlinear\[seeded\] has onnx, pt2, mxnet"):
        cli.read(["+model=nlinear", "software=litert"])
    kept = cli.read(["-m", "+model=glob(?linear)", "software=litert"])
    assert [(asked.model.id, asked.format) for asked in kept] == [("dlinear", "tflite"), ("rlinear", "tflite")]
    assert "1 of 3 cells cannot be and are left out; the first: software=litert reads" in capsys.readouterr().err


def nodes(*rows: tuple[str, list[str], str]) -> list[dict[str, Any]]:
    return [{"op": op, "inputs": given, "outputs": [out], "attributes": {}} for op, given, out in rows]


HALF, ROOT_TWO, ONE = np.array(0.5, "f4"), np.array(math.sqrt(2), "f4"), np.array(1, "f4")
NUMBERS = {"half": HALF, "root": ROOT_TWO, "one": ONE}
INNER = [("Div", ["x", "root"], "a"), ("Erf", ["a"], "b"), ("Add", ["b", "one"], "c")]


@pytest.mark.parametrize(
    "ends",
    [
        [("Mul", ["x", "c"], "d"), ("Mul", ["d", "half"], "y")],
        [("Mul", ["c", "half"], "d"), ("Mul", ["x", "d"], "y")],
        [("Mul", ["x", "half"], "d"), ("Mul", ["d", "c"], "y")],
    ],
)
def test_gelu_is_found_in_each_way_that_it_is_written(ends: list[tuple[str, list[str], str]]) -> None:
    (found,) = fused(nodes(*INNER, *ends), NUMBERS)
    assert (found["op"], found["inputs"], found["outputs"]) == ("Gelu", ["x"], ["y"])


@pytest.mark.parametrize(
    ("rows", "numbers"),
    [
        ([*INNER, ("Mul", ["x", "c"], "d"), ("Mul", ["d", "half"], "y")], {**NUMBERS, "root": ONE}),
        ([*INNER, ("Mul", ["z", "c"], "d"), ("Mul", ["d", "half"], "y")], NUMBERS),
        ([*INNER, ("Mul", ["x", "c"], "d"), ("Mul", ["d", "half"], "y"), ("Neg", ["b"], "n")], NUMBERS),
    ],
)
def test_what_only_resembles_gelu_stays(
    rows: list[tuple[str, list[str], str]], numbers: dict[str, NDArray[Any]]
) -> None:
    assert fused(nodes(*rows), numbers) == nodes(*rows)


def test_what_grows_with_the_batch_keeps_one_row_and_says_so() -> None:
    mask = np.tri(4, dtype="f4")[None]
    rows, sizes = plain._constant("mask", [np.repeat(mask, size, 0) for size in SIZES])
    assert sizes == [-1, 4, 4] and (rows == mask).all()
    rows, sizes = plain._constant("state", [np.zeros((2, size * 3, 8)) for size in SIZES])
    assert sizes == [2, -3, 8] and rows.shape == (2, 3, 8)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([np.arange(2), np.arange(3)], "holds other values for each sample"),
        ([np.zeros(4), np.ones(4)], "depends on the size of the batch"),
        ([np.zeros(5), np.zeros(6)], "no multiple of it"),
    ],
)
def test_what_the_batch_changes_in_another_way_is_refused(found: list[NDArray[Any]], said: str) -> None:
    with pytest.raises(Refused, match=said):
        plain._constant("odd", found)


def test_gathering_by_the_number_of_the_sample_becomes_gathering_within_it() -> None:
    places = np.array([3, 0])
    index = [np.stack(np.broadcast_arrays(np.arange(n)[:, None], places), -1) for n in SIZES]
    runs = [{"x": np.zeros((n, 5)), "index": i} for n, i in zip(SIZES, index, strict=True)]
    seen = Seen(runs, {"index"}, {"x": [-1, 5]})
    node = {"op": "GatherND", "inputs": ["x", "index"], "outputs": ["y"], "attributes": {"batch_dims": 0}}
    (found,) = gathered(node, [], seen)
    assert (found["op"], found["attributes"]) == ("GatherRow", {"among": 5, "rest": []})
    assert seen.places[found["inputs"][1]].tolist() == [3, 0]


@pytest.mark.parametrize("parts", [1, 2])
def test_a_fourier_transform_is_a_product_with_its_matrix(parts: int) -> None:
    series = np.random.default_rng(0).normal(size=(3, 12, parts))
    product = (series.reshape(3, -1) @ matrix(12, parts)).reshape(3, 12, 2)
    expected = np.fft.fft(series @ np.array([1, 1j])[:parts])
    assert np.abs(product @ np.array([1, 1j]) - expected).max() < 1e-5


def held(folder: Path, values: NDArray[np.float64]) -> Path:
    """An order of one input, and a reference for what doubles it."""
    order = {"inputs": [{"name": "x", "shape": ["batch", 3], "dtype": "float32", "layout": "NC", "range": [-1.0, 1.0]}]}
    (folder / "build.json").write_text(json.dumps(order))
    kept = {"index": np.arange(values.size), "values": values.reshape(-1), "shape": np.array(values.shape)}
    save_file(
        {f"y.{k}": v for k, v in {**kept, "std": np.array([values.std()])}.items()}, folder / "reference.safetensors"
    )
    return folder / "build.json"


def test_answers_are_held_against_the_reference_in_a_batch_and_alone(tmp_path: Path) -> None:
    from tasks.processing.synthetic import synthetic

    inputs = [{"name": "x", "shape": ["batch", 3], "dtype": "float32", "layout": "NC", "range": [-1.0, 1.0]}]
    batch = np.stack([synthetic(inputs, 0, k)[0] for k in range(2)])
    build = held(tmp_path, 2.0 * batch.astype(np.float64))
    assert compared(build, tmp_path, "it", lambda given: {"y": 2 * given["x"]}) < 1e-6
    for wrong in (
        lambda given: {"y": 2.1 * given["x"]},
        lambda given: {"y": 2 * given["x"][:, :2]},
        lambda given: {"y": 2 * given["x"] * (1 if len(given["x"]) > 1 else 1.1)},
        lambda given: {"y": given["x"] * np.nan},
    ):
        with pytest.raises(Refused, match=r"it (answers|gives y the shape)"):
            compared(build, tmp_path, "it", wrong)


@LARGE
@pytest.mark.parametrize("form", FURTHER)
def test_a_format_is_written_to_the_same_bytes_in_two_folders(form: str, tmp_path: Path) -> None:
    build = written(tmp_path)
    assert run_module(ZOO / "torch.lock", "tasks.artifacts.zoo", build, tmp_path / "one").returncode == 0
    made = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir(exist_ok=True)
        for name in ("model.onnx", "reference.safetensors"):
            (tmp_path / folder / name).write_bytes((tmp_path / "one" / name).read_bytes())
        out = tmp_path / folder
        for lock, module, arguments in (
            (ZOO / "torch.lock", "plain", (build, out)),
            (models.WRITERS[form], form, (build, out, out)),
        ):
            done = run_module(lock, f"tasks.artifacts.zoo.formats.{module}", *arguments)
            assert done.returncode == 0, done.stderr[-2000:]
        made.append(sha256_of(out / FURTHER[form]))
    assert made[0] == made[1]
    assert str(ROOT) not in (tmp_path / "one" / FURTHER[form]).read_bytes().decode("latin-1")
