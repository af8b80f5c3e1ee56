"""Products of matrices, sums along axes, and what normalises by them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tasks.artifacts.zoo.formats.tf.values import Node, Values, Write


def _whole(of: Callable[..., Any]) -> Write:
    """An operator that needs its values in the graph's own order."""

    def put(values: Values, node: Node) -> None:
        given = [values.first(name) for name in node["inputs"] if name]
        values.put(node["outputs"][0], of(values.tf, node["attributes"], *given))

    return put


def _gemm(tf: Any, how: dict[str, Any], a: Any, b: Any, c: Any = None) -> Any:
    a = a if how.get("alpha", 1.0) == 1.0 else a * how["alpha"]
    product = tf.matmul(a, b, transpose_a=bool(how.get("transA")), transpose_b=bool(how.get("transB")))
    if c is None:
        return product
    return product + (c if how.get("beta", 1.0) == 1.0 else c * how["beta"])


def _layer_norm(tf: Any, how: dict[str, Any], value: Any, scale: Any, bias: Any = None) -> Any:
    rank = len(value.shape)
    axes = list(range(how.get("axis", -1) % rank, rank))
    normal = _normal(tf, value, axes, how["epsilon"]) * scale
    return normal if bias is None else normal + bias


def _normal(tf: Any, value: Any, axes: list[int], epsilon: float) -> Any:
    centred = value - tf.reduce_mean(value, axes, keepdims=True)
    variance = tf.reduce_mean(tf.square(centred), axes, keepdims=True)
    return centred * tf.math.rsqrt(variance + np.float32(epsilon))


def _instance_norm(values: Values, node: Node) -> None:
    value, scale, bias = values.last(node["inputs"][0]), *(values.first(name) for name in node["inputs"][1:])
    axes = list(range(1, len(value.shape) - 1))
    normal = _normal(values.tf, value, axes, node["attributes"]["epsilon"])
    values.put(node["outputs"][0], normal * scale + bias, last=True)


def _batch_norm(values: Values, node: Node) -> None:
    scale, bias, mean, variance = (values.first(name).astype(np.float64) for name in node["inputs"][1:])
    factor = scale / np.sqrt(variance + node["attributes"]["epsilon"])
    shift = (bias - mean * factor).astype(np.float32)
    values.put(node["outputs"][0], values.last(node["inputs"][0]) * factor.astype(np.float32) + shift, last=True)


def _largest(values: Values, node: Node) -> None:
    out = node["outputs"][0]
    found = values.tf.argmax(values.first(node["inputs"][0]), node["attributes"].get("axis", 0), values.types[out])
    values.put(out, values.tf.reshape(found, values.target(values.shapes[out])))


def _reduced(of: str) -> Write:
    def put(values: Values, node: Node) -> None:
        name, how = node["inputs"][0], node["attributes"]
        rank, keep = len(values.shapes[name]), bool(how.get("keepdims", 1))
        axes = sorted(axis % rank for axis in how.get("axes", range(rank)))
        last = values.is_last(name) and axes == list(range(2, rank))
        value = values.last(name) if last else values.first(name)
        if of == "l2":
            axes = axes if not last else [axis - 1 for axis in axes]
            answer = values.tf.sqrt(values.tf.reduce_sum(values.tf.square(value), axes, keepdims=keep))
        else:
            axes = [axis - 1 for axis in axes] if last else axes
            answer = getattr(values.tf, f"reduce_{of}")(value, axes, keepdims=keep)
        values.put(node["outputs"][0], answer, last and keep)

    return put


OPERATORS: dict[str, Write] = {
    "MatMul": _whole(lambda tf, how, a, b: tf.matmul(a, b)),
    "Gemm": _whole(_gemm),
    "Softmax": _whole(lambda tf, how, x: tf.nn.softmax(x, axis=how.get("axis", -1))),
    "LayerNormalization": _whole(_layer_norm),
    "CumSum": _whole(
        lambda tf, how, x: tf.cumsum(x, how["axis"], bool(how.get("exclusive")), bool(how.get("reverse")))
    ),
    "ArgMax": _largest,
    "InstanceNormalization": _instance_norm,
    "BatchNormalization": _batch_norm,
    "ReduceMean": _reduced("mean"),
    "ReduceSum": _reduced("sum"),
    "ReduceMax": _reduced("max"),
    "ReduceMin": _reduced("min"),
    "ReduceL2": _reduced("l2"),
}
