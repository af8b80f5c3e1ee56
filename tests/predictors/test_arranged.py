"""Batches come in with the samples first, and go on as the file wants them."""

from typing import Any

import numpy as np
import pytest

from tasks.predictors._arranged import arranged


class Echo:
    """Gives back what it is fed."""

    formats, module = ("onnx",), "numpy"

    def load(self, path: Any, setup: Any) -> dict[str, Any]:
        return {}

    def predict(self, batch: Any) -> Any:
        return batch

    def unload(self) -> None:
        self.gone = True


def test_a_predictor_whose_inputs_begin_with_the_batch_is_left_alone() -> None:
    echo = Echo()
    assert arranged(echo, [{"shape": ["batch", 3]}, {"shape": ["batch"]}]) is echo


@pytest.mark.parametrize(("shape", "wanted"), [((2, "batch", 3), (2, 4, 3)), ((3, "batch"), (3, 4)), ((2, 3), (2, 3))])
def test_the_dimension_of_the_samples_goes_to_its_place(shape: Any, wanted: Any) -> None:
    given = np.arange(4 * np.prod([n for n in shape if n != "batch"])).reshape(4, *(n for n in shape if n != "batch"))
    found = arranged(Echo(), [{"shape": list(shape)}]).predict(given)
    assert found.shape == wanted and found.flags.c_contiguous
    expected = np.moveaxis(given, 0, shape.index("batch")) if "batch" in shape else given[0]
    assert np.array_equal(found, expected)


def test_a_scalar_is_given_once_beside_a_batch_and_everything_else_is_the_predictors() -> None:
    echo = Echo()
    predictor = arranged(echo, [{"shape": ["batch", 3]}, {"shape": []}])
    batch, rate = predictor.predict((np.zeros((4, 3)), np.full(4, 8.0)))
    assert batch.shape == (4, 3) and rate.shape == () and float(rate) == 8.0
    predictor.unload()
    assert echo.gone and predictor.module == "numpy" and getattr(predictor, "clock", None) is None
