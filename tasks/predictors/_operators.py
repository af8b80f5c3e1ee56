"""The operators of a layer table: how many values each reads, its parameters, its attributes, and the shape it writes.

In: one layer's attributes and the shapes of what it reads, without the batch. Out: the shape of its output, or Refused
with both sides of what does not fit. The same table as `tasks/artifacts/layers.py`, for the agent. Lean, Python 3.9.
"""

from __future__ import annotations

import math
from typing import Any, Callable

from tasks.errors import Refused

Shape = tuple[int, ...]
Law = Callable[[Any, list[Shape], list[Shape]], Shape]


def _conv(attributes: Any, inputs: list[Shape], own: list[Shape]) -> Shape:
    channels, kernel = _picture(inputs[0])[0], int(attributes["kernel"])
    if len(own[0]) != 4 or own[0][1:] != (channels, kernel, kernel):
        raise Refused(f"weight {own[0]} does not fit {channels} channels and kernel {kernel}")
    return (own[0][0], *_window(attributes, inputs[0]))


def _batch_norm(attributes: Any, inputs: list[Shape], own: list[Shape]) -> Shape:
    if not attributes["epsilon"] > 0:
        raise Refused(f"epsilon is {attributes['epsilon']}, not above 0")
    if wrong := [shape for shape in own if shape != (_picture(inputs[0])[0],)]:
        raise Refused(f"a parameter has shape {wrong[0]}, the input {inputs[0][0]} channels")
    return inputs[0]


def _max_pool(attributes: Any, inputs: list[Shape], own: list[Shape]) -> Shape:
    if 2 * attributes["padding"] > attributes["kernel"]:
        raise Refused(f"padding {attributes['padding']} is more than half the kernel {attributes['kernel']}")
    return (_picture(inputs[0])[0], *_window(attributes, inputs[0]))


def _add(attributes: Any, inputs: list[Shape], own: list[Shape]) -> Shape:
    if inputs[0] != inputs[1]:
        raise Refused(f"{inputs[0]} and {inputs[1]} cannot be added")
    return inputs[0]


def _linear(attributes: Any, inputs: list[Shape], own: list[Shape]) -> Shape:
    weight, bias = own
    if len(inputs[0]) != 1 or len(weight) != 2 or weight[1:] != inputs[0] or bias != weight[:1]:
        raise Refused(f"weight {weight} and bias {bias} do not fit an input of shape {inputs[0]}")
    return bias


# operator → number of inputs, roles of the parameters in order, attributes, the shape of the output
OPERATORS: dict[str, tuple[int, tuple[str, ...], tuple[str, ...], Law]] = {
    "conv": (1, ("weight",), ("kernel", "stride", "padding"), _conv),
    "batch_norm": (1, ("weight", "bias", "running_mean", "running_var"), ("epsilon",), _batch_norm),
    "relu": (1, (), (), lambda attributes, inputs, own: inputs[0]),
    "max_pool": (1, (), ("kernel", "stride", "padding"), _max_pool),
    "add": (2, (), (), _add),
    "global_average_pool": (1, (), (), lambda attributes, inputs, own: (_picture(inputs[0])[0], 1, 1)),
    "flatten": (1, (), (), lambda attributes, inputs, own: (math.prod(inputs[0]),)),
    "linear": (1, ("weight", "bias"), (), _linear),
}


def _picture(shape: Shape) -> Shape:
    if len(shape) != 3:
        raise Refused(f"the input has shape {shape}, not (channels, height, width)")
    return shape


def _window(attributes: Any, shape: Shape) -> Shape:
    """Height and width after a window has gone over a padded picture."""
    kernel, stride, padding = (attributes[key] for key in ("kernel", "stride", "padding"))
    if not all(isinstance(v, int) for v in (kernel, stride, padding)) or kernel < 1 or stride < 1 or padding < 0:
        raise Refused(f"kernel {kernel}, stride {stride}, and padding {padding} describe no window")
    size = tuple((side + 2 * padding - kernel) // stride + 1 for side in shape[1:])
    if min(size) < 1:
        raise Refused(f"kernel {kernel} is larger than the padded picture {shape[1:]}")
    return size
