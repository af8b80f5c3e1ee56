"""What works on every element, in whatever order its value has, and on several, of which smaller ones are repeated."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tasks.artifacts.zoo.formats.tf.values import Node, Values, Write

TYPES = {1: "float32", 6: "int32", 7: "int64", 9: "bool"}  # ONNX's numbers for them


def _each(of: Callable[[Any, Any], Any]) -> Write:
    """An operator on every element, in whatever order its value has."""

    def put(values: Values, node: Node) -> None:
        name, last = node["inputs"][0], values.is_last(node["inputs"][0])
        value = values.last(name) if last else values.first(name)
        values.put(node["outputs"][0], of(values.tf, value), last)

    return put


def _with(of: Callable[[Any, Any, dict[str, Any]], Any]) -> Write:
    """The same, with the node's attributes."""

    def put(values: Values, node: Node) -> None:
        _each(lambda tf, value: of(tf, value, node["attributes"]))(values, node)

    return put


def _pair(of: Callable[..., Any]) -> Write:
    """An operator on elements of several values, of which smaller ones are repeated."""

    def put(values: Values, node: Node) -> None:
        rank = len(values.shapes[node["outputs"][0]])
        last = any(values.is_last(name) and len(values.shapes[name]) == rank for name in node["inputs"])
        given = [values.last(name, rank) if last else values.first(name) for name in node["inputs"]]
        values.put(node["outputs"][0], of(values.tf, *given), last)

    return put


def _power(tf: Any, value: Any, exponent: Any) -> Any:
    known = {2.0: tf.square, 0.5: tf.sqrt, -0.5: tf.math.rsqrt, 3.0: lambda v: v * v * v}
    by = known.get(exponent.item()) if isinstance(exponent, np.ndarray) and exponent.size == 1 else None
    return by(value) if by else tf.pow(value, exponent)


def _clip(tf: Any, value: Any, how: dict[str, Any]) -> Any:
    low, high = how.get("min"), how.get("max")
    if (low, high) == (0.0, 6.0):
        return tf.nn.relu6(value)
    value = value if low is None else tf.maximum(value, np.float32(low))
    return value if high is None else tf.minimum(value, np.float32(high))


def _hard_sigmoid(tf: Any, value: Any, how: dict[str, Any]) -> Any:
    if math.isclose(how.get("alpha", 0.2), 1 / 6, rel_tol=1e-6) and how.get("beta", 0.5) == 0.5:
        return tf.nn.relu6(value + 3.0) * np.float32(1 / 6)
    return tf.minimum(tf.nn.relu(value * how.get("alpha", 0.2) + how.get("beta", 0.5)), 1.0)


def _prelu(tf: Any, value: Any, slope: Any) -> Any:
    return tf.nn.relu(value) - slope * tf.nn.relu(-value)


OPERATORS: dict[str, Write] = {
    "Relu": _each(lambda tf, x: tf.nn.relu(x)),
    "Sigmoid": _each(lambda tf, x: tf.sigmoid(x)),
    "Tanh": _each(lambda tf, x: tf.tanh(x)),
    "Gelu": _each(lambda tf, x: tf.nn.gelu(x, approximate=False)),
    "Sqrt": _each(lambda tf, x: tf.sqrt(x)),
    "Exp": _each(lambda tf, x: tf.exp(x)),
    "Log": _each(lambda tf, x: tf.math.log(x)),
    "Abs": _each(lambda tf, x: tf.abs(x)),
    "Sin": _each(lambda tf, x: tf.sin(x)),
    "Cos": _each(lambda tf, x: tf.cos(x)),
    "Neg": _each(lambda tf, x: -x),
    "Reciprocal": _each(lambda tf, x: 1.0 / x),
    "Identity": _each(lambda tf, x: tf.identity(x)),
    "Not": _each(lambda tf, x: tf.logical_not(x)),
    "HardSwish": _each(lambda tf, x: x * (tf.nn.relu6(x + 3.0) * np.float32(1 / 6))),
    "HardSigmoid": _with(_hard_sigmoid),
    "LeakyRelu": _with(lambda tf, x, how: tf.nn.leaky_relu(x, how.get("alpha", 0.01))),
    "Clip": _with(_clip),
    "Cast": _with(lambda tf, x, how: tf.cast(x, TYPES[how["to"]])),
    "Add": _pair(lambda tf, a, b: a + b),
    "Sub": _pair(lambda tf, a, b: a - b),
    "Mul": _pair(lambda tf, a, b: a * b),
    "Div": _pair(lambda tf, a, b: a / b),
    "Pow": _pair(_power),
    "Max": _pair(lambda tf, a, b: tf.maximum(a, b)),
    "Min": _pair(lambda tf, a, b: tf.minimum(a, b)),
    "And": _pair(lambda tf, a, b: tf.logical_and(a, b)),
    "Or": _pair(lambda tf, a, b: tf.logical_or(a, b)),
    "Equal": _pair(lambda tf, a, b: tf.equal(a, b)),
    "Greater": _pair(lambda tf, a, b: tf.greater(a, b)),
    "Less": _pair(lambda tf, a, b: tf.less(a, b)),
    "LessOrEqual": _pair(lambda tf, a, b: tf.less_equal(a, b)),
    "GreaterOrEqual": _pair(lambda tf, a, b: tf.greater_equal(a, b)),
    "Where": _pair(lambda tf, c, a, b: tf.where(c, a, b)),
    "PRelu": _pair(_prelu),
}
