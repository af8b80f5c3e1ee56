"""PyTorch on layer tables: laws and bad input, in real processes of the real software environment."""

import json
import os
import pickle
import re
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from flows import cli
from tasks import ROOT
from tasks.artifacts.builders import patchnet
from tasks.artifacts.files import sha256_of
from tasks.artifacts.layers import OPERATORS, Chain, Network
from tasks.artifacts.tables import KEY, read_table, write_table
from tasks.errors import Refused
from tasks.predictors import _operators
from tasks.predictors._table import read
from tasks.stacks.build import ensure
from tasks.stacks.lock import Lock
from tasks.stacks.stack import environ
from tests.artifacts.clones import bundled
from tests.contracts import grid, reference
from tests.predictors.real_stacks import LARGE

MODES = [("eager", False), ("eager", True), ("frozen", False), ("frozen", True)]
SLOW = [pytest.param("compiled", channels_last, marks=LARGE) for channels_last in (False, True)]


def network() -> Network:
    """Every operator once, with a shortcut, for the 64-pixel input of patchnet."""
    chain = Chain(channels=3)
    chain.conv_norm("conv1", "bn1", 4, kernel=5, stride=2)
    chain.put("relu", "relu1")
    shortcut = chain.at
    chain.conv_norm("conv2", "bn2", 4, kernel=3)
    chain.put("add", "add", inputs=(chain.at, shortcut))
    chain.put("max_pool", "pool", kernel=3, stride=2, padding=1)
    chain.classify("fc", 9)
    return Network("small", (3, 64, 64), 9, tuple(chain.layers))


def arrays() -> dict[str, NDArray[Any]]:
    """Seeded and of no special value; variances are positive."""
    rng = np.random.default_rng(0)
    return {n: rng.uniform(0.5, 2.0, s).astype(np.float32) for n, s in network().parameters().items()}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "small.safetensors"
    write_table(network(), arrays(), path)
    return path


def pictures(count: int = 17) -> NDArray[Any]:
    rng = np.random.default_rng(1)
    return (rng.standard_normal((count, 3, 64, 64)) * rng.uniform(0.1, 2.0, (count, 1, 1, 1))).astype(np.float32)


def ask(path: Path, *words: str, given: NDArray[Any] | None = None) -> grid.Answer:
    asked = cli.composed(["+model=patchnet", "software=pytorch", *words])
    return grid.asked_of(asked, path, pictures() if given is None else given)


def refusal(path: Path, *words: str) -> str:
    with pytest.raises(AssertionError) as caught:
        ask(path, *words)
    assert "Traceback" not in str(caught.value)
    return str(caught.value)


def change(path: Path, edit: Callable[[dict[str, Any]], None]) -> Path:
    """Rewrite the table of a file and leave its weights alone."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    table = json.loads(header["__metadata__"][KEY])
    edit(table)
    header["__metadata__"][KEY] = json.dumps(table)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])
    return path


def test_a_table_is_the_same_bytes_twice_and_reads_back_as_it_was(model: Path, tmp_path: Path) -> None:
    turned = {name: np.asfortranarray(array) for name, array in reversed(arrays().items())}
    write_table(network(), turned, tmp_path / "again.safetensors")
    assert sha256_of(model) == sha256_of(tmp_path / "again.safetensors")
    found, values = read_table(model)
    assert found == network() and all((values[name] == array).all() for name, array in arrays().items())


def test_the_agent_s_operators_are_those_of_the_layer_table() -> None:
    assert {name: row[1:3] for name, row in _operators.OPERATORS.items()} == OPERATORS


def test_patchnet_s_manifest_names_what_its_weights_become(tmp_path: Path) -> None:
    patchnet.build(write_table, tmp_path / "built.safetensors", bundled("artifacts/models/patchnet.safetensors"))
    pinned = grid.evaluation("pytorch", "patchnet").artifact
    assert sha256_of(tmp_path / "built.safetensors") == pinned.sha256, "run: dvc repro patchnet_table; correct conf/"


def test_the_agent_s_reader_sees_what_was_written(model: Path) -> None:
    table = read(model)
    assert [(layer.op, layer.name, layer.inputs, layer.output) for layer in table.layers] == [
        (layer.op, layer.name, layer.inputs, layer.output) for layer in network().layers
    ]
    assert table.shapes["pool"] == (4, 16, 16) and table.shapes[table.output] == (9,)
    assert (table.layers[0].parameters[0] == arrays()["conv1.weight"]).all()


@pytest.mark.parametrize(("mode", "channels_last"), [*MODES, *SLOW])
def test_every_mode_answers_as_float64_does_and_says_what_it_is(model: Path, mode: str, channels_last: bool) -> None:
    words = [f"software.options.mode={mode}", f"software.options.channels_last={str(channels_last).lower()}"]
    answer = ask(model, *words)
    reference.difference(answer.outputs, reference.logits(network(), arrays(), pictures()), "float32")
    effective = answer.effective
    assert (effective["mode"], effective["channels_last"], effective["device"]) == (mode, channels_last, "cpu")
    assert (effective["precision"], effective["matmul_precision"]) == ("float32", "highest")
    assert effective["version"].startswith("2.13.0") and effective["build"].startswith("PyTorch built with")


def test_threads_are_those_asked_for_whatever_the_environment_says(model: Path) -> None:
    effective = ask(model, "hw=cpu2", "software.threads.intra=2", "software.threads.inter=1").effective
    assert (effective["intra_threads"], effective["inter_threads"]) == (2, 1)


def test_an_answer_does_not_depend_on_the_memory_layout_of_its_input(model: Path) -> None:
    turned = np.asfortranarray(pictures(3))
    assert np.array_equal(ask(model, given=turned).outputs, ask(model, given=pictures(3)).outputs)


def test_cuda_that_is_not_there_is_an_error_and_no_fall_back(model: Path) -> None:
    asked = grid.evaluation("pytorch", "patchnet")
    stack = ensure(Lock(asked.software.python, asked.software.packages), asked.software.id)
    code = (
        "import sys; from pathlib import Path\n"
        "from tasks.predictors.base import Setup; from tasks.predictors.pytorch import Predictor\n"
        "inputs = [{'name': 'input', 'dtype': 'float32'}]; outputs = [{'name': 'logits', 'dtype': 'float32'}]\n"
        "predictor = Predictor(mode='eager', channels_last=False, precision='float32')\n"
        "predictor.load(Path(sys.argv[1]), Setup('cuda', 1, 1, inputs, outputs))"
    )
    environment = {**environ(stack, ROOT), "CUDA_VISIBLE_DEVICES": ""}
    command = [str(stack.python), "-c", code, str(model)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert "cuda was asked for and torch 2.13.0" in done.stderr.splitlines()[-1]


COMPILED = """
import sys, threading
from pathlib import Path
import numpy as np, torch
from tasks.predictors.base import Setup
from tasks.predictors.pytorch import Predictor
inputs, outputs = [{"name": "input", "dtype": "float32"}], [{"name": "logits", "dtype": "float32"}]
predictor = Predictor(mode="compiled", channels_last=False, precision="float32")
effective = predictor.load(Path(sys.argv[1]), Setup("cpu", 1, 1, inputs, outputs))
pictures, answers = np.load(sys.argv[2]), {}
ask = lambda count: answers.update({count: predictor.predict(pictures[:count])})
for count in (1, 5):
    ask(count)
first = answers.pop(5)
other = threading.Thread(target=ask, args=(5,))
other.start()
other.join()
assert np.array_equal(answers[5], first) and np.allclose(answers[1], first[:1], rtol=1e-4)
assert np.array_equal(predictor.predict(pictures[0][None]), answers[1])  # strides of its own
print(effective["compiler"], torch._dynamo.utils.counters["stats"]["unique_graphs"])
torch.set_num_threads(2)
ask(5)
"""


@LARGE
def test_each_size_is_compiled_once_whatever_the_thread_and_nothing_else_ever(model: Path, tmp_path: Path) -> None:
    asked = grid.evaluation("pytorch", "patchnet")
    python = ensure(Lock(asked.software.python, asked.software.packages), asked.software.id).python
    np.save(tmp_path / "pictures.npy", pictures())
    command = [str(python), "-c", COMPILED, str(model), str(tmp_path / "pictures.npy")]
    environment = {**os.environ, **asked.software.env, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert re.fullmatch(r"inductor, g\+\+ .* 2\n", done.stdout), done.stderr[-2000:]
    assert "fail_on_recompile" in done.stderr, "a change that needs another graph is an error"


def test_a_compiler_that_is_not_there_is_a_sentence(model: Path) -> None:
    said = refusal(model, "software.options.mode=compiled", "+software.env.CXX=no-such-compiler")
    assert "needs a C++ compiler, and there is no no-such-compiler on PATH here" in said


def test_a_file_that_is_cut_off_is_a_sentence(model: Path) -> None:
    whole = model.read_bytes()
    model.write_bytes(whole[:-100])
    assert "it is cut off" in refusal(model)
    for size in (0, 5, 300):
        model.write_bytes(whole[:size])
        with pytest.raises(Refused, match="it is cut off"):
            read(model)


def test_a_pickle_is_refused_by_its_content_and_never_opened(model: Path, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "ran",)

    for start in (pickle.dumps(Bomb()), b"PK\x03\x04" + pickle.dumps(Bomb())):
        model.write_bytes(start)
        assert "those can run code and are never opened" in refusal(model)
    assert not (tmp_path / "ran").exists()


def test_weights_without_a_table_are_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file(arrays(), tmp_path / "bare.safetensors")
    for reader in (read, read_table):
        with pytest.raises(Refused, match=r"no «touchstone\.table»|no layer table"):
            reader(tmp_path / "bare.safetensors")


def _rename(table: dict[str, Any]) -> None:
    table["layers"][2]["op"] = "eval"


def _widen(table: dict[str, Any]) -> None:
    table["input"]["shape"] = [4, 64, 64]


def _claim(table: dict[str, Any]) -> None:
    table["layers"][0]["parameters"]["conv1.weight"] = [4, 3, 7, 7]


def _lose(table: dict[str, Any]) -> None:
    table["layers"][0]["name"] = "conv9"
    table["layers"][0]["parameters"] = {"conv9.weight": [4, 3, 5, 5]}


def _reorder(table: dict[str, Any]) -> None:
    table["layers"].reverse()


def _stretch(table: dict[str, Any]) -> None:
    table["layers"][0]["attributes"]["stride"] = 0


def _forget(table: dict[str, Any]) -> None:
    del table["layers"][1]["attributes"]


def _age(table: dict[str, Any]) -> None:
    table["version"] = 99


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (_rename, "the layer relu1 has the unknown operator «eval»"),
        (_widen, "weight (4, 3, 5, 5) does not fit 4 channels and kernel 5"),
        (_claim, "conv1.weight has shape [4, 3, 5, 5], the table says [4, 3, 7, 7]"),
        (_lose, "the parameter conv9.weight is not there"),
        (_reorder, "is read before it is written"),
        (_stretch, "stride 0"),
        (_forget, "attributes"),
        (_age, "it has version 99, this reader knows 1"),
    ],
)
def test_a_table_that_does_not_fit_is_a_sentence(
    model: Path, edit: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    with pytest.raises(Refused) as caught:
        read(change(model, edit))
    assert sentence in str(caught.value) and "small.safetensors is no model of the format «table»" in str(caught.value)


def test_an_unknown_operator_ends_the_process_with_that_sentence(model: Path) -> None:
    assert "the layer relu1 has the unknown operator «eval»; known: conv," in refusal(change(model, _rename))


def test_a_table_with_another_input_than_the_manifest_is_a_sentence(tmp_path: Path) -> None:
    write_table(network(), arrays(), tmp_path / "small.safetensors")
    tensor = "{name: input, shape: [batch, 3, 32, 32], dtype: float32, layout: NCHW, color: RGB, range: [0, 1]}"
    words = f"model.inputs=[{tensor}]"
    assert "shape ['batch', 3, 32, 32] in the manifest and ['batch', 3, 64, 64]" in refusal(
        tmp_path / "small.safetensors", words
    )


@pytest.mark.parametrize("damage", ["missing", "shape"])
def test_a_table_cannot_be_written_without_its_parameters(tmp_path: Path, damage: str) -> None:
    given = arrays()
    if damage == "missing":
        del given["fc.bias"]
    else:
        given["fc.bias"] = given["fc.bias"][:5]
    with pytest.raises(Refused, match=r"needs the parameter fc\.bias|fc\.bias has shape \(5,\)"):
        write_table(network(), given, tmp_path / "small.safetensors")
    assert not list(tmp_path.iterdir())
