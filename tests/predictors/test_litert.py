"""The LiteRT predictor: what it refuses without LiteRT, and what it does with it."""

import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.errors import TouchstoneError
from tasks.predictors._tflite_file import CUSTOM, require_data
from tasks.predictors.base import Setup
from tasks.predictors.litert import Predictor
from tests.artifacts.every_operator import batch
from tests.predictors.real_stacks import LARGE, done, failure, inside, predicted

NAME = "litert"
CONV = 3


def put(data: bytearray, value: Any) -> int:
    """Append a part of a FlatBuffer, and return where it begins.

    Text is bytes, a vector of numbers a tuple, a vector of tables a list, a table a dictionary from place to value.
    """
    start = len(data)
    if isinstance(value, dict):
        return put_table(data, value)
    data += struct.pack("<I", len(value)) + (value if isinstance(value, bytes) else bytes(4 * len(value)))
    for i, item in enumerate(() if isinstance(value, bytes) else value):
        fill(data, start + 4 + 4 * i, item)
    return start


def put_table(data: bytearray, fields: dict[int, Any]) -> int:
    places = {number: 4 + 4 * i for i, number in enumerate(sorted(fields))}
    sizes = [places.get(number, 0) for number in range(max(fields, default=-1) + 1)]
    vtable = struct.pack(f"<{len(sizes) + 2}H", 4 + 2 * len(sizes), 4 + 4 * len(fields), *sizes)
    data += vtable + bytes(-len(vtable) % 4)
    start = len(data)
    data += struct.pack("<i", len(vtable) + -len(vtable) % 4) + bytes(4 * len(fields))
    for number, place in places.items():
        fill(data, start + place, fields[number])
    return start


def fill(data: bytearray, at: int, value: Any) -> None:
    """A number itself, or the way to where the value lies."""
    data[at : at + 4] = struct.pack("<i", value if isinstance(value, int) else put(data, value) - at)


def tflite(path: Path, *codes: dict[int, Any], **more: Any) -> Path:
    """A file with these operator codes; places are those of TFLite's schema."""
    graph = {0: [{0: (1, 3), 2: 1}], 1: (0,), 2: (0,), 3: [{0: 0, 1: (0,), 2: (0,)}]}
    model = {0: 3, 1: list(codes), 2: [graph], 4: [{}, {0: b"weights!"}]}
    data = bytearray(b"\0\0\0\0TFL3")
    fill(data, 0, {**model, **{int(number[1:]): value for number, value in more.items()}})
    path.write_bytes(data)
    return path


def test_built_in_operators_are_data(tmp_path: Path) -> None:
    require_data(tflite(tmp_path / "model.tflite", {0: CONV, 3: CONV}, {0: 127, 3: 150}))


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ({0: CUSTOM, 1: b"FlexErf", 3: CUSTOM}, "the operator FlexErf"),
        ({0: CUSTOM, 1: b"MyOwn"}, "the operator MyOwn"),
        ({3: CUSTOM}, "the operator without a name"),
        ({0: CONV, 1: b"Hidden"}, "the operator Hidden"),
    ],
)
def test_operators_that_are_not_built_in_are_refused_by_name(code: dict[int, Any], name: str, tmp_path: Path) -> None:
    path = tflite(tmp_path / "model.tflite", {0: CONV}, code)
    with pytest.raises(TouchstoneError, match=rf"model.tflite has {name}\. Model files are data"):
        require_data(path)


def test_weights_in_other_files_are_refused(tmp_path: Path) -> None:
    path = tflite(tmp_path / "model.tflite", {0: CONV}, _9=[{0: 1}])
    with pytest.raises(TouchstoneError, match="has weights in other files"):
        require_data(path)


@pytest.mark.parametrize("content", [b"", b"TFL3", pickle.dumps({"weights": 1}), b"PK\x03\x04" + bytes(100)])
def test_what_is_no_tflite_file_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    with pytest.raises(TouchstoneError, match=r"model.tflite is not a .tflite file: it does not say TFL3"):
        require_data(path)


def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = tflite(tmp_path / "model.tflite", {0: CONV}).read_bytes()
    for size in range(8, len(whole)):
        (tmp_path / "model.tflite").write_bytes(whole[:size])
        with pytest.raises(TouchstoneError, match="is cut off, or damaged"):
            require_data(tmp_path / "model.tflite")


def test_offsets_that_lead_out_of_the_file_are_refused(tmp_path: Path) -> None:
    path = tflite(tmp_path / "model.tflite", {0: CONV}, _4=[{1: 8, 2: 10_000}])
    with pytest.raises(TouchstoneError, match="bytes are needed"):
        require_data(path)
    path.write_bytes(b"\x08\0\0\0TFL3" + struct.pack("<i", 100) + bytes(100))
    with pytest.raises(TouchstoneError, match="an offset leads out of it"):
        require_data(path)


@pytest.mark.parametrize(
    ("device", "inter", "sentence"), [("cuda", 1, "device=cuda was asked for"), ("cpu", 2, "threads.inter=1")]
)
def test_what_litert_cannot_do_is_a_sentence(device: str, inter: int, sentence: str, tmp_path: Path) -> None:
    path = tflite(tmp_path / "model.tflite", {0: CONV})
    with pytest.raises(TouchstoneError, match=sentence):
        Predictor(xnnpack=True, precision="float32").load(path, Setup(device, 1, inter, [], []))


@LARGE
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_truncated_file_is_a_sentence(every: Path, share: float, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(every.read_bytes()[: int(share * every.stat().st_size)])
    assert "cut.tflite is cut off, or damaged" in failure(NAME, cut, batch())


@LARGE
def test_a_real_file_that_is_cut_off_anywhere_is_refused(every: Path, tmp_path: Path) -> None:
    whole = every.read_bytes()
    for size in range(8, len(whole), 8):
        (tmp_path / "cut.tflite").write_bytes(whole[:size])
        with pytest.raises(TouchstoneError, match="is cut off, or damaged"):
            require_data(tmp_path / "cut.tflite")


@LARGE
def test_a_real_custom_operator_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "custom.tflite"
    code = (
        "import tensorflow as tf; from pathlib import Path\n"
        "run = tf.function(tf.math.igamma, input_signature=[tf.TensorSpec((None, 3), tf.float32)] * 2)\n"
        "converter = tf.lite.TFLiteConverter.from_concrete_functions([run.get_concrete_function()])\n"
        "converter.allow_custom_ops = True\n"
        f"Path({str(path)!r}).write_bytes(converter.convert())"
    )
    done(inside("tensorflow", "-c", code))
    assert "custom.tflite has the operator Igamma" in failure(NAME, path, batch())


@LARGE
def test_a_wrong_input_shape_is_a_sentence(every: Path) -> None:
    assert "and [None, 3, 17, 17] in the model file" in failure(NAME, every, batch()[:, :, :16, :16])


@LARGE
@pytest.mark.parametrize("threads", [1, 2])
def test_the_threads_that_are_asked_for_are_used(every: Path, threads: int) -> None:
    _, effective, process = predicted(NAME, every, batch(), threads)
    done(process)
    assert effective["intra_threads"] == threads and effective["inter_threads"] == 1
    assert effective["version"] == "2.3.0" and effective["device"] == "cpu"


@LARGE
def test_xnnpack_changes_the_kernels_and_not_the_answers(every: Path) -> None:
    fast, effective, _ = predicted(NAME, every, batch(), xnnpack=True)
    plain, without, process = predicted(NAME, every, batch(), xnnpack=False)
    done(process)
    assert effective["xnnpack"] and not without["xnnpack"]
    assert abs(fast - plain).max() < 1e-4


@LARGE
def test_an_answer_does_not_depend_on_the_batch_it_was_in(every: Path) -> None:
    many = np.concatenate([batch()] * 3)
    whole, _, _ = predicted(NAME, every, many)
    alone, _, process = predicted(NAME, every, batch()[:1])
    done(process)
    assert len(whole) == 9 and abs(whole[::3] - alone).max() < 1e-6 * abs(whole).max()
