"""The zoo: what an order may say, what a .pt2 file may hold, and one small model built end to end."""

import ast
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file

from tasks import ROOT, plugins
from tasks.artifacts.files import sha256_of
from tasks.artifacts.ridge import best_penalty, evenly, folds_of, ridge
from tasks.artifacts.zoo.order import read
from tasks.errors import Refused
from tasks.predictors._pt2_file import require_data
from tasks.specs.model import FORMATS, FURTHER
from tests.predictors.real_stacks import LARGE

ZOO = ROOT / "tasks" / "artifacts" / "zoo"
ORDER: dict[str, Any] = {
    "name": "tiny",
    "library": "own",
    "entry": "time_series.Nlinear",
    "arguments": {"length": 12, "horizon": 4},
    "seed": 3,
    "inputs": [{"name": "past", "shape": ["batch", 12, 2], "dtype": "float32", "layout": "NTC", "range": [-1.0, 1.0]}],
    "outputs": [{"name": "forecast", "dtype": "float32", "meaning": "values"}],
    "statistics": None,
}
FLAT = {**ORDER["inputs"][0], "shape": ["batch", 12, 1], "range": [0.0, 1e-6]}
MANIFESTS = {
    path.stem if weights == "seeded" else f"{path.stem}.{weights}": build
    for path in sorted((ROOT / "conf" / "model").glob("*.yaml"))
    for weights, build in yaml.safe_load(path.read_text(encoding="utf-8")).get("build", {}).items()
}
GRAPH = {"graph": {"nodes": [{"target": "torch.ops.aten.relu.default", "inputs": []}]}, "range_constraints": {"s0": {}}}


def written(folder: Path, **changes: Any) -> Path:
    """An order as a file."""
    path = folder / "build.json"
    path.write_text(json.dumps({name: value for name, value in {**ORDER, **changes}.items() if value != "left out"}))
    return path


def packed(folder: Path, **members: bytes) -> Path:
    """A .pt2 archive with a plain graph and these members."""
    path = folder / "model.pt2"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {"models/model.json": json.dumps(GRAPH).encode(), **members}.items():
            archive.writestr(f"archive/{name}", data)
    return path


def test_an_order_is_read_as_it_was_written(tmp_path: Path) -> None:
    order = read(written(tmp_path, statistics="artifacts/zoo/tiny.safetensors"))
    assert (order.name, order.seed, order.statistics) == ("tiny", 3, Path("artifacts/zoo/tiny.safetensors"))
    assert order.inputs[0]["shape"] == ["batch", 12, 2]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seed": "left out"}, "«seed» is missing"),
        ({"colour": "red"}, "«colour» is not known"),
        ({"seed": "three"}, "«seed» is 'three'"),
        ({"seed": True}, "«seed» is True"),
        ({"outputs": []}, "«outputs» is empty"),
        ({"outputs": [{"name": "forecast"}]}, "outputs[0] has no «dtype»"),
        ({"inputs": [{**ORDER["inputs"][0], "shape": [2, 12]}]}, "the first dimension is «batch»"),
    ],
)
def test_a_wrong_order_is_told_what_is_wrong(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused) as mistake:
        read(written(tmp_path, **changes))
    assert said in str(mistake.value)


def test_an_order_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "build.json").write_text("{")
    with pytest.raises(Refused, match="is not a readable JSON file"):
        read(tmp_path / "build.json")


def test_an_archive_of_raw_tensors_and_aten_operators_is_data(tmp_path: Path) -> None:
    require_data(packed(tmp_path, **{"data/weights/weight_0": b"\0" * 8, "data/sample_inputs/model.pt": b""}))


@pytest.mark.parametrize(
    "guard",
    [
        "L['inputs'][1].size()[0] == L['inputs'][0].size()[0]",
        "L['x'].size()[0] % 8 == 0 and not L['y'].stride()[1] != 3",
        "Eq(Mod(L['x']['k'].size()[1], 2), 0) or 2 <= L['x'].storage_offset()",
    ],
)
def test_guards_that_compare_sizes_are_data(tmp_path: Path, guard: str) -> None:
    require_data(packed(tmp_path, **{"models/model.json": guarded(guard)}))


def guarded(guard: Any) -> bytes:
    """A program that says this of the sizes of its inputs; torch executes it as Python."""
    return json.dumps({**GRAPH, "guards_code": [guard]}).encode()


def graph(**record: Any) -> bytes:
    """A graph with one record in it."""
    return json.dumps({"graph": {"nodes": [record]}}).encode()


@pytest.mark.parametrize(
    ("member", "data", "said"),
    [
        ("data/sample_inputs/model.pt", b"\x80\x02.", "is pickled"),
        ("data/constants/custom_obj_0", b"\x80\x02.", "it holds data/constants/custom_obj_0"),
        ("data/weights/model_weights_config.json", graph(use_pickle=True, path_name="weight_0"), "weight_0 is pickled"),
        ("models/model.json", graph(target="torch.load", inputs=[]), "its graph calls torch.load"),
        ("models/model.json", graph(target="torch.ops.aten.relu.default.__class__", inputs=[]), "its graph calls"),
        ("models/model.json", graph(expr_str="__import__('os')"), "it holds the size"),
        ("models/model.json", guarded("__import__('os').system('x')"), "it holds the guard"),
        ("models/model.json", guarded("L['x'].size()[0].__class__"), "it holds the guard"),
        ("models/model.json", guarded("L['x'].size()[0] if exit() else 1"), "it holds the guard"),
        ("models/model.json", guarded(["L"]), "it holds the guard"),
        ("models/model.json", graph(treespec='{"__enum__": true, "fqn": "a:b"}'), "a type that would be imported"),
        ("models/model.json", json.dumps({"range_constraints": {"exit()": {}}}).encode(), "it holds the size 'exit()'"),
    ],
)
def test_an_archive_that_could_run_something_is_refused(tmp_path: Path, member: str, data: bytes, said: str) -> None:
    with pytest.raises(Refused) as mistake:
        require_data(packed(tmp_path, **{member: data}))
    assert said in str(mistake.value)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.pt2").write_bytes(b"\x80\x02.")
    with pytest.raises(Refused, match="is not a readable"):
        require_data(tmp_path / "model.pt2")


def test_a_ridge_layer_separates_what_a_line_separates() -> None:
    targets = np.arange(90) % 3
    features = (np.eye(3)[targets] + np.random.default_rng(0).normal(0, 0.05, (90, 3))).astype(np.float32)
    folds = folds_of([str(place // 9) for place in range(90)], 5)
    weight, bias = ridge(features, targets, 3, best_penalty(features, targets, folds, [0.1, 1.0]), 10.0)
    assert ((features @ weight.T + bias).argmax(1) == targets).all()
    assert sorted(targets[evenly(targets, 4)]) == [0] * 4 + [1] * 4 + [2] * 4


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_manifest_orders_what_there_is(name: str) -> None:
    build = MANIFESTS[name]
    assert build["library"] in plugins.names("tasks.artifacts.zoo.libraries")
    pinned = set(build.get("sha256", {}))
    assert "pretrained" in build or set(FORMATS) <= pinned
    assert pinned <= {*FORMATS, *FURTHER}
    if build["library"] == "own":
        field, _, kind = build["entry"].partition(".")
        tree = ast.parse((ZOO / "own" / f"{field}.py").read_text(encoding="utf-8"))
        assert kind in [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    if "statistics" in build:
        assert build["statistics"] == f"artifacts/zoo/{name}.safetensors"
        assert all(np.isfinite(array).all() for array in load_file(ROOT / build["statistics"]).values())


def test_every_fitted_file_belongs_to_a_manifest() -> None:
    named = {build["statistics"] for build in MANIFESTS.values() if "statistics" in build}
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "artifacts" / "zoo").glob("*")} == named


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The zoo's command, in its own environment."""
    return run_module(ZOO / "torch.lock", "tasks.artifacts.zoo", *arguments)


def run_module(lock: Path, module: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """One of our modules, in the environment of a lock."""
    command = [sys.executable, "-m", "tasks.stacks", str(lock), "-m", module, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=500)


@LARGE
def test_a_model_is_built_to_the_same_bytes_in_two_folders(tmp_path: Path) -> None:
    for folder in ("one", "two/deeper"):
        done = run(str(written(tmp_path)), str(tmp_path / folder))
        assert done.returncode == 0, done.stderr[-2000:]
    one, two = tmp_path / "one", tmp_path / "two" / "deeper"
    assert all(sha256_of(one / name) == sha256_of(two / name) for name in ("model.onnx", "model.pt2"))
    require_data(one / "model.pt2")
    kept, facts = load_file(one / "reference.safetensors"), json.loads((one / "facts.json").read_text())
    assert kept["forecast.shape"].tolist() == [2, 4, 2] and kept["forecast.values"].dtype == np.float64
    assert facts["parameters"] == 12 * 4 + 4 and facts["macs"] == 12 * 4 * 2
    assert str(tmp_path) not in (one / "model.onnx").read_bytes().decode("latin-1")


@LARGE
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"entry": "time_series.Nlinaer"}, "Did you mean Nlinear"),
        ({"arguments": {"length": 12}}, "own makes no time_series.Nlinear: TypeError"),
        ({"outputs": ORDER["outputs"] * 2}, "has 1 outputs, its manifest names 2"),
        ({"arguments": {"length": 12, "horizon": 1}, "inputs": [FLAT]}, "an answer that fits proves nothing"),
    ],
)
def test_what_cannot_be_built_is_one_sentence(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    done = run(str(written(tmp_path, **changes)), str(tmp_path / "out"))
    assert done.returncode == 2 and said in done.stderr.strip().splitlines()[-1] and "Traceback" not in done.stderr
