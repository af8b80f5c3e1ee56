"""Synthetic inputs and what comes out, against a float64 reference."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from tasks.agent.agreement import REFERENCE, agreement
from tasks.agent.setting import open_data
from tasks.processing.synthetic import synthetic
from tasks.schemas.reference import TOLERANCE, reference
from tasks.schemas.tables import agreement as schema
from tasks.schemas.tables import check_table

INPUTS = [
    {"name": "ids", "shape": ["batch", 5], "dtype": "int64", "range": [0, 9]},
    {"name": "x", "shape": ["batch", 3, 2], "dtype": "float32", "range": [-1.0, 2.0]},
]
OUTPUTS = [{"name": "sum"}, {"name": "twice"}]


class Model:
    """Two outputs; off by a share."""

    def __init__(self, off: float = 0.0) -> None:
        self.off = off

    def predict(self, batch: Any) -> Any:
        """(ids, x) → (sum, twice)."""
        ids, x = batch
        return ids.sum(axis=1, keepdims=True).astype(np.float32), (2 * x * (1 + self.off)).astype(np.float32)


def _table(folder: Path, model: Any) -> pd.DataFrame:
    data = open_data({
        "dataset": {"kind": "synthetic", "path": "", "labels": [], "count": 64}, "preprocess": [], "allow_modules": [],
        "model": {"inputs": INPUTS}, "modality": "recommendation",
    })  # fmt: skip
    assert len(data.samples) == 64
    return pd.DataFrame(agreement(model, data, {"path": str(folder / "model.onnx"), "outputs": OUTPUTS}))


def _reference(folder: Path) -> None:
    samples = [synthetic(INPUTS, 0, i) for i in range(2)]
    exact = Model().predict(tuple(np.stack(arrays) for arrays in zip(*samples, strict=True)))
    arrays = {}
    for output, values in zip(OUTPUTS, exact, strict=True):
        name, index = output["name"], np.arange(0, values.size, 2)
        arrays |= {f"{name}.index": index, f"{name}.values": values.reshape(-1)[index].astype(np.float64)}
        arrays |= {f"{name}.shape": np.array(values.shape), f"{name}.std": np.array([float(values.std())])}
    save_file(arrays, folder / REFERENCE)


def test_synthetic_inputs_are_the_same_everywhere_and_fill_their_range() -> None:
    ids, x = synthetic([{**t, "shape": ["batch", 1000]} for t in INPUTS], 0, 3)
    again, _ = synthetic([{**t, "shape": ["batch", 1000]} for t in INPUTS], 0, 3)
    assert np.array_equal(ids, again) and set(ids.tolist()) == set(range(10)) and ids.dtype == np.int64
    assert -1 <= x.min() < -0.98 and 1.98 < x.max() <= 2 and x.dtype == np.float32
    assert synthetic(INPUTS, 0, 0)[0].tolist() == [6, 2, 0, 0, 8]  # golden: no version of NumPy may change it


def test_what_is_right_agrees_and_what_is_a_little_off_does_not(tmp_path: Path) -> None:
    _reference(tmp_path)
    right, wrong = _table(tmp_path, Model()), _table(tmp_path, Model(off=0.02))
    assert check_table("agreement", right, schema()).passed
    assert [check.passed for check in reference(right)] == [True, True]
    found = list(reference(wrong))[1]
    assert not found.passed
    assert "output «twice» differs from the float64 reference" in found.sentence
    assert found.sentence.endswith(f"(allowed {100 * TOLERANCE:g} %)")


def test_without_a_reference_nothing_is_judged_but_that_outputs_vary(tmp_path: Path) -> None:
    varies, judged = reference(_table(tmp_path, Model()))
    assert varies.passed and judged.sentence == "not judged: the model has no float64 reference"

    class Flat:
        def predict(self, batch: Any) -> Any:
            return np.zeros((2, 1), np.float32), np.zeros((2, 3), np.float32)

    assert not next(iter(reference(_table(tmp_path, Flat())))).passed


class OneByOne(Model):
    """Takes a batch of one and no more, as a file that fixes it does."""

    def predict(self, batch: Any) -> Any:
        """One sample."""
        assert len(batch[0]) == 1
        return super().predict(batch)


def test_a_model_of_one_sample_at_a_time_is_asked_twice_and_answers_as_one_of_many(tmp_path: Path) -> None:
    data = open_data({
        "dataset": {"kind": "synthetic", "path": "", "labels": [], "count": 64}, "preprocess": [], "allow_modules": [],
        "model": {"inputs": INPUTS}, "modality": "other",
    })  # fmt: skip
    model = {"path": str(tmp_path / "model.onnx"), "outputs": OUTPUTS, "one_at_a_time": True}
    assert agreement(OneByOne(), data, model)["spread"] == _table(tmp_path, Model())["spread"].tolist()


def test_without_a_reference_one_output_may_be_constant_or_empty(tmp_path: Path) -> None:
    class Detector:
        def predict(self, batch: Any) -> Any:
            return np.zeros((0, 4), np.float32), np.asarray(batch[1])[:, 0]

    class Counts:
        def predict(self, batch: Any) -> Any:
            return np.full((2, 1), 3, np.int64), np.asarray(batch[1])

    for model in (Detector(), Counts()):
        table = _table(tmp_path, model)
        assert check_table("agreement", table, schema()).passed
        assert [check.passed for check in reference(table)] == [True, True]


@pytest.mark.parametrize("std", [0.0, 1e-6])
def test_a_reference_that_hardly_varies_refuses_itself(std: float) -> None:
    table = pd.DataFrame(
        {"output": ["o"], "elements": [4], "finite": [True], "spread": [1.0], "error": [0.0], "std": [std]}
    )
    assert "agreement with it says nothing" in list(reference(table))[1].sentence
