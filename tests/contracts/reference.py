"""What every framework has to answer: a layer table run in float64 by NumPy alone, and how far an answer may be off.

In: a table with its arrays and pictures (n, channels, height, width). Out: logits (n, classes), or a verdict.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tasks.artifacts.layers import Layer, Network
from tasks.statistics.tolerance import allowed

Values = NDArray[np.float64]

# The largest difference from float64, as a share of the reference's standard deviation (at least 1); for a coarser
# precision tasks/statistics/tolerance.py has a larger one.
# float32: measured 2e-6 (patchnet) and 4e-5 to 1.3e-4 (resnet50, where rounding the weights once more moves float64
# itself by 2e-5), so four times the largest. On patchnet, the milder model, an epsilon of 1e-3 instead of
# 1e-5 is 8e-3 of it, convolutions in TF32 1.4e-3, in bfloat16 1.5e-2 (rounding emulated): all are caught.
TOLERANCE = 5e-4
LEAST_VARIATION = 1e-3


def logits(network: Network, arrays: Mapping[str, Any], pictures: NDArray[Any]) -> Values:
    """(n, classes): every layer in float64."""
    values: dict[str, Values] = {"input": pictures.astype(np.float64)}
    for layer in network.layers:
        own = [np.asarray(arrays[name], np.float64) for name in layer.parameters]
        values[layer.output] = _run(layer, [values[name] for name in layer.inputs], own)
    return values["logits"]


def _run(layer: Layer, inputs: Sequence[Values], own: Sequence[Values]) -> Values:
    x, attributes = inputs[0], layer.attributes
    match layer.op:
        case "conv":
            columns = _windows(x, attributes, fill=0.0)  # (n, channels, height, width, kernel, kernel)
            n, _, height, width = columns.shape[:4]
            columns = columns.transpose(0, 1, 4, 5, 2, 3).reshape(n, -1, height * width)
            return (own[0].reshape(len(own[0]), -1) @ columns).reshape(n, -1, height, width)
        case "batch_norm":
            weight, bias, mean, variance = (p[:, None, None] for p in own)
            return (x - mean) / np.sqrt(variance + attributes["epsilon"]) * weight + bias
        case "relu":
            return np.maximum(x, 0.0)
        case "max_pool":
            return _windows(x, attributes, fill=-np.inf).max((-2, -1))
        case "add":
            return x + inputs[1]
        case "global_average_pool":
            return x.mean((2, 3), keepdims=True)
        case "flatten":
            return x.reshape(len(x), -1)
        case "linear":
            return x @ own[0].T + own[1]
    raise ValueError(f"{layer.name}: the reference does not know the operator {layer.op}")


def _windows(x: Values, attributes: Mapping[str, float], fill: float) -> Values:
    kernel, stride, padding = (int(attributes[key]) for key in ("kernel", "stride", "padding"))
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)), constant_values=fill)
    return sliding_window_view(padded, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]


def tolerance(expected: Values, precision: str) -> float:
    """The largest absolute difference that is allowed from this reference."""
    return allowed(precision, TOLERANCE) * max(1.0, float(expected.std()))


def difference(answer: NDArray[Any], expected: Values, precision: str) -> float:
    """The largest absolute difference. Raises AssertionError where it is too large, or the reference says nothing."""
    variation = min(float(expected.std(axis=axis).mean()) for axis in (0, 1))
    assert variation >= LEAST_VARIATION, (
        f"The reference varies by {variation:.1e} across samples or classes, less than {LEAST_VARIATION:g}: "
        "an answer that fits proves nothing. Take other inputs, or weights that tell samples apart."
    )
    assert answer.shape == expected.shape, f"answers have shape {answer.shape}, the reference {expected.shape}"
    assert np.isfinite(answer).all(), "an answer is not finite"
    found, allowed = float(np.abs(answer - expected).max()), tolerance(expected, precision)
    assert found <= allowed, f"{found:.2e} away from the float64 reference; {allowed:.2e} is allowed in {precision}"
    return found


def tied(expected: Values, precision: str) -> NDArray[np.bool_]:
    """(n,): samples whose two best classes are too near for the tolerance to tell them apart."""
    best = np.sort(expected, axis=1)
    return np.asarray(best[:, -1] - best[:, -2] <= 2 * tolerance(expected, precision))
