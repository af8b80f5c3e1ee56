"""A layer table as a pure JAX function, and the arrays that it takes. Lean, Python 3.9.

Pictures come in as the table has them, (batch, channels, height, width). A `Layout` says how they lie inside; weights
are laid out once, here. Batch normalisation is one subtraction, one product, and one sum: the factor
weight / sqrt(variance + epsilon) is computed beforehand, in float64. Every product is asked for in full float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

import numpy as np

from tasks.predictors._table import Layer, Table


@dataclass(frozen=True)
class Layout:
    """Axes of pictures and of a convolution's weights, in the letters of `jax.lax.conv_general_dilated`."""

    pictures: str
    weights: str

    def window(self, side: Any, rest: Any) -> tuple[Any, ...]:
        """``side`` for height and width, ``rest`` for batch and channels."""
        return tuple(side if axis in "HW" else rest for axis in self.pictures)


FIRST, LAST = Layout("NCHW", "OIHW"), Layout("NHWC", "HWIO")


def network(table: Table, layout: Layout) -> Callable[[dict[str, Any], Any], Any]:
    """(arrays, (batch, channels, height, width)) → (batch, classes). It can be traced; it imports JAX."""

    def run(arrays: dict[str, Any], pictures: Any) -> Any:
        values = {table.input: pictures.transpose(_order("NCHW", layout.pictures))}
        for layer in table.layers:
            given = [values[name] for name in layer.inputs]
            values[layer.output] = OPERATORS[layer.op](layer, layout, given, arrays[layer.name])
        return _as_in_table(values[table.output], layout)

    return run


def arrays(table: Table, layout: Layout) -> dict[str, tuple[Any, ...]]:
    """Layer → its float32 arrays, as `network` takes them."""
    return {layer.name: tuple(_laid(layer, layout)) for layer in table.layers}


def _laid(layer: Layer, layout: Layout) -> list[Any]:
    if layer.op == "conv":
        return [layer.parameters[0].transpose(_order("OIHW", layout.weights))]
    if layer.op == "batch_norm":
        weight, bias, mean, variance = (array.astype(np.float64) for array in layer.parameters)
        factor = weight / np.sqrt(variance + layer.attributes["epsilon"])
        shape = [-1 if axis == "C" else 1 for axis in layout.pictures]
        return [array.astype(np.float32).reshape(shape) for array in (mean, factor, bias)]
    return list(layer.parameters)


def _order(given: str, wanted: str) -> tuple[int, ...]:
    return tuple(given.index(axis) for axis in wanted)


def _as_in_table(value: Any, layout: Layout) -> Any:
    """A picture with its channels first; whatever is no picture as it is."""
    return value.transpose(_order(layout.pictures, "NCHW")) if value.ndim == 4 else value


def _conv(layer: Layer, layout: Layout, given: list[Any], own: tuple[Any, ...]) -> Any:
    from jax import lax

    stride, padding = layer.attributes["stride"], layer.attributes["padding"]
    axes = (layout.pictures, layout.weights, layout.pictures)
    return lax.conv_general_dilated(
        given[0], own[0], (stride,) * 2, [(padding,) * 2] * 2, dimension_numbers=axes, precision=lax.Precision.HIGHEST
    )


def _batch_norm(layer: Layer, layout: Layout, given: list[Any], own: tuple[Any, ...]) -> Any:
    mean, factor, bias = own
    return (given[0] - mean) * factor + bias


def _relu(layer: Layer, layout: Layout, given: list[Any], own: tuple[Any, ...]) -> Any:
    from jax import numpy

    return numpy.maximum(given[0], 0)


def _max_pool(layer: Layer, layout: Layout, given: list[Any], own: tuple[Any, ...]) -> Any:
    """What is padded never wins: it is -∞."""
    from jax import lax

    kernel, stride, padding = (layer.attributes[key] for key in ("kernel", "stride", "padding"))
    around = layout.window((padding, padding), (0, 0))
    return lax.reduce_window(
        given[0], -np.inf, lax.max, layout.window(kernel, 1), layout.window(stride, 1), padding=around
    )


def _average(layer: Layer, layout: Layout, given: list[Any], own: tuple[Any, ...]) -> Any:
    return given[0].mean(_order(layout.pictures, "HW"), keepdims=True)


def _flatten(layer: Layer, layout: Layout, given: list[Any], own: tuple[Any, ...]) -> Any:
    value = _as_in_table(given[0], layout)
    return value.reshape(value.shape[0], -1)


def _linear(layer: Layer, layout: Layout, given: list[Any], own: tuple[Any, ...]) -> Any:
    from jax import lax, numpy

    weight, bias = own
    return numpy.matmul(given[0], weight.T, precision=lax.Precision.HIGHEST) + bias


OPERATORS: dict[str, Callable[[Layer, Layout, list[Any], tuple[Any, ...]], Any]] = {
    "conv": _conv,
    "batch_norm": _batch_norm,
    "relu": _relu,
    "max_pool": _max_pool,
    "add": lambda layer, layout, given, own: given[0] + given[1],
    "global_average_pool": _average,
    "flatten": _flatten,
    "linear": _linear,
}
