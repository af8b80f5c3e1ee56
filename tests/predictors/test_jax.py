"""The JAX predictor: what it refuses without JAX, and what it does with it."""

import pickle
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tasks.artifacts.tables import write_table
from tasks.errors import TouchstoneError
from tasks.predictors.base import Setup
from tasks.predictors.jax import Predictor
from tests.artifacts.every_operator import arrays, batch, every_operator
from tests.contracts import reference
from tests.predictors.real_stacks import LARGE, done, failure, inside, predicted

NAME = "jax"
TENSORS = (
    [{"name": "input", "shape": ["batch", 3, 17, 17], "dtype": "float32"}],
    [{"name": "logits", "dtype": "float32"}],
)


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp(NAME) / "every.safetensors"
    write_table(every_operator(), arrays(), path)
    return path


def refusal(path: Path, inter: int = 1) -> str:
    with pytest.raises(TouchstoneError) as caught:
        Predictor(channels_last=True, async_dispatch=False, precision="float32").load(
            path, Setup("cpu", 1, inter, *TENSORS)
        )
    return str(caught.value)


def test_a_pickle_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps({"weights": 1}))
    assert "those can run code and are never opened" in refusal(path)


def test_two_computations_at_once_are_refused(every: Path) -> None:
    assert "Set software.threads.inter=1" in refusal(every, inter=2)


def test_a_process_that_has_jax_already_is_refused(every: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", ModuleType("jax"))
    assert "Load one model per process" in refusal(every)


@LARGE
@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("async_dispatch", [True, False])
def test_every_operator_answers_as_the_table_in_float64(every: Path, channels_last: bool, async_dispatch: bool) -> None:
    options = {"channels_last": channels_last, "async_dispatch": async_dispatch}
    answers, effective, process = predicted(NAME, every, batch(), **options)
    done(process)
    expected = reference.logits(every_operator(), arrays(), batch())
    assert reference.difference(answers, expected, "float32") < 1e-5 * np.abs(expected).max()
    assert (effective["precision"], effective["matmul_precision"]) == ("float32", "highest")
    assert answers.flags.writeable and {key: effective[key] for key in options} == options


@LARGE
@pytest.mark.parametrize("threads", [1, 2])
def test_the_threads_that_are_asked_for_are_used(every: Path, threads: int) -> None:
    _, effective, process = predicted(NAME, every, batch(), threads)
    done(process)
    assert effective["intra_threads"] == threads and effective["inter_threads"] == 1
    assert effective["version"] == "0.10.2" and effective["device"] == "cpu"


@LARGE
def test_an_answer_does_not_depend_on_the_batch_it_was_in(every: Path) -> None:
    whole, _, _ = predicted(NAME, every, np.concatenate([batch()] * 3))
    alone, _, process = predicted(NAME, every, batch()[:1])
    done(process)
    assert len(whole) == 9 and abs(whole[::3] - alone).max() < 1e-6 * abs(whole).max()


@LARGE
def test_a_truncated_file_is_a_sentence(every: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(every.read_bytes()[:-100])
    assert "it is cut off" in failure(NAME, cut, batch())


@LARGE
def test_a_wrong_input_shape_is_a_sentence(every: Path) -> None:
    assert "and ['batch', 3, 17, 17] in the model file" in failure(NAME, every, batch()[:, :, :16, :16])


@LARGE
def test_a_platform_that_is_not_there_is_an_error_and_no_fall_back(every: Path) -> None:
    code = (
        "from pathlib import Path; from tasks.predictors.base import Setup\n"
        "from tasks.predictors.jax import Predictor\n"
        "predictor = Predictor(channels_last=True, async_dispatch=False, precision='float32')\n"
        f"predictor.load(Path({str(every)!r}), Setup('cuda', 1, 1, *{TENSORS!r}))"
    )
    assert "cuda was asked for, and JAX 0.10.2 has none here" in inside(NAME, "-c", code).stderr.splitlines()[-1]
