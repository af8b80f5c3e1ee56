"""The TensorFlow predictor: what it refuses without TensorFlow, and what it does with it."""

import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tasks.artifacts.zips import packed
from tasks.errors import TouchstoneError
from tasks.predictors._keras_file import require_data
from tests.artifacts.every_operator import batch
from tests.predictors.real_stacks import LARGE, done, failure, inside, predicted

NAME = "tensorflow"


def keras_file(path: Path, *parts: dict[str, Any]) -> Path:
    """A .keras archive whose model consists of these parts."""
    model = {"module": "keras", "class_name": "Sequential", "registered_name": None, "config": {"layers": list(parts)}}
    members = {"config.json": json.dumps(model).encode(), "metadata.json": b"{}", "model.weights.h5": b""}
    path.write_bytes(packed(members))
    return path


DENSE = {"module": "keras.layers", "class_name": "Dense", "registered_name": None, "config": {"units": 1}}


def test_parts_of_keras_are_data(tmp_path: Path) -> None:
    require_data(keras_file(tmp_path / "model.keras", DENSE))


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ({**DENSE, "class_name": "Lambda"}, "Lambda"),
        ({**DENSE, "config": {"activation": {"class_name": "__lambda__", "config": {"value": "4wEA"}}}}, "__lambda__"),
        ({**DENSE, "class_name": "TFSMLayer"}, "TFSMLayer"),
        ({**DENSE, "class_name": "system", "module": "os"}, "system"),
        ({**DENSE, "class_name": "get_file", "module": "keras.utils"}, "get_file"),
        ({**DENSE, "class_name": "Dense", "registered_name": "Custom>Dense"}, "Dense"),
        ({**DENSE, "config": {"inner": [{"module": "builtins", "class_name": "eval"}]}}, "eval"),
    ],
)
def test_code_in_the_file_is_refused_before_keras_sees_it(part: dict[str, Any], name: str, tmp_path: Path) -> None:
    with pytest.raises(TouchstoneError, match=f"model.keras names «{name}» .* Model files are data"):
        require_data(keras_file(tmp_path / "model.keras", part))


def test_a_pickle_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(pickle.dumps({"weights": 1}))
    with pytest.raises(TouchstoneError, match=r"is not a whole \.keras file"):
        require_data(path)


def test_another_archive_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(packed({"data.pkl": b""}))
    with pytest.raises(TouchstoneError, match=r"holds data\.pkl instead of config\.json, "):
        require_data(path)


@LARGE
def test_a_real_lambda_layer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lambda.keras"
    code = (
        "import keras; x = keras.Input((3, 17, 17), name='input')\n"
        f"keras.Model(x, keras.layers.Lambda(lambda v: v * 2)(x)).save({str(path)!r})"
    )
    done(inside(NAME, "-c", code))
    assert "lambda.keras names «Lambda»" in failure(NAME, path, batch())


@LARGE
def test_a_truncated_file_is_a_sentence(every: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.keras"
    cut.write_bytes(every.read_bytes()[:5000])
    assert "cut.keras is not a whole .keras file" in failure(NAME, cut, batch())


@LARGE
def test_truncated_weights_are_a_sentence(every: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(every) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    cut = tmp_path / "cut.keras"
    cut.write_bytes(packed({**members, "model.weights.h5": members["model.weights.h5"][:3000]}))
    assert "cannot load cut.keras" in failure(NAME, cut, batch())


@LARGE
def test_a_wrong_input_shape_is_a_sentence(every: Path) -> None:
    assert "and ['batch', 3, 17, 17] in the model file" in failure(NAME, every, batch()[:, :, :16, :16])


@LARGE
@pytest.mark.parametrize("threads", [1, 2])
def test_the_threads_that_are_asked_for_are_used(every: Path, threads: int) -> None:
    _, effective, process = predicted(NAME, every, batch(), threads)
    done(process)
    assert effective["intra_threads"] == threads and effective["inter_threads"] == 1
    assert effective["version"] == "2.21.0" and effective["onednn"] == "1" and effective["device"] == "cpu"


@LARGE
def test_xla_changes_the_graph_and_not_the_answers(every: Path) -> None:
    plain, _, _ = predicted(NAME, every, batch(), jit_compile=False)
    compiled, _, process = predicted(NAME, every, batch(), jit_compile=True)
    done(process)
    assert abs(plain - compiled).max() < 1e-4
