"""Products of matrices, sums along axes, and what normalises by them."""

from typing import Any

import numpy as np

from tasks.artifacts.zoo.formats.mx.values import HERE, Node, Values, Write
from tasks.errors import Refused


def _matmul(values: Values, node: Node) -> None:
    first, second = node["inputs"]
    one, two, out = (values.shapes[name] for name in (first, second, node["outputs"][0]))
    if second in values.constants and len(two) == 2 and len(one) > 1:
        weight = values.array(f"{second}.turned", values.constants[second].T)
        answer = _dense(values, values.get(first), weight, two[1])
    elif min(len(one), len(two)) < 2:
        raise Refused(f"A product with a vector has no {HERE}.")
    else:
        lead = out[:-2]
        flat = [values.reshape(_led(values, name, lead), [-1, *values.shapes[name][-2:]]) for name in (first, second)]
        answer = values.reshape(values.sym.batch_dot(*flat), out)
    values.put(node["outputs"][0], answer)


def _led(values: Values, name: str, lead: list[int]) -> Any:
    """With these sides in front of the matrix."""
    sizes, rank = values.shapes[name], len(lead) + 2
    if sizes[:-2] == lead:
        return values.whole(name)
    symbol, sizes = values.get(name, rank), [1] * (rank - len(sizes)) + sizes
    return repeated(values, symbol, sizes, [*lead, *sizes[-2:]])


def repeated(values: Values, symbol: Any, sizes: list[int], out: list[int]) -> Any:
    """Sides of one become what ``out`` says."""
    axes = [k for k, (size, side) in enumerate(zip(sizes, out, strict=True)) if size == 1 != side]
    for axis in axes:
        if out[axis] < -1:
            raise Refused(f"A side of several batches has no {HERE}.")
        if out[axis] == -1:
            symbol = values.sym.broadcast_like(symbol, values.like, lhs_axes=(axis,), rhs_axes=(0,))
    fixed = [axis for axis in axes if out[axis] > 0]
    return values.sym.broadcast_axis(symbol, axis=fixed, size=[out[axis] for axis in fixed]) if fixed else symbol


def _dense(values: Values, value: Any, weight: Any, width: int, bias: Any = None) -> Any:
    own = (weight,) if bias is None else (weight, bias)
    return values.sym.FullyConnected(value, *own, num_hidden=width, flatten=False, no_bias=bias is None)


def _gemm(values: Values, node: Node) -> None:
    how, (first, second, *more) = node["attributes"], node["inputs"]
    plain = how.get("alpha", 1.0) == how.get("beta", 1.0) == 1.0 and not how.get("transA")
    if not plain or second not in values.constants:
        raise Refused(f"This kind of Gemm has no {HERE}.")
    given, out = values.constants[second], values.shapes[node["outputs"][0]]
    weight = values.get(second) if how.get("transB") else values.array(f"{second}.turned", given.T)
    bias = values.get(more[0]) if more and values.shapes[more[0]] == out[1:] else None
    answer = _dense(values, values.get(first), weight, out[1], bias)
    if more and bias is None:
        answer = values.sym.broadcast_add(answer, values.get(more[0], 2))
    values.put(node["outputs"][0], answer)


def _layer_norm(values: Values, node: Node) -> None:
    name, scale, *bias = node["inputs"]
    rank, axis = len(values.shapes[name]), node["attributes"].get("axis", -1)
    out, epsilon = node["outputs"][0], node["attributes"]["epsilon"]
    if axis % rank == rank - 1:
        wide = values.shapes[name][-1]
        gain = values.constants[scale]
        gain = values.get(scale) if gain.size == wide else values.array(f"{out}.gain", np.full(wide, gain))
        shift = values.get(bias[0]) if bias and bias[0] else values.array(f"{out}.zero", np.zeros(wide))
        values.put(out, values.sym.LayerNorm(values.get(name), gain, shift, axis=-1, eps=epsilon))
        return
    sym, value, axes = values.sym, values.get(name), tuple(range(axis % rank, rank))
    centred = sym.broadcast_sub(value, sym.mean(value, axis=axes, keepdims=True))
    variance = sym.mean(sym.square(centred), axis=axes, keepdims=True)
    answer = sym.broadcast_mul(sym.broadcast_mul(centred, sym.rsqrt(variance + epsilon)), values.get(scale, rank))
    values.put(out, sym.broadcast_add(answer, values.get(bias[0], rank)) if bias and bias[0] else answer)


def _instance_norm(values: Values, node: Node) -> None:
    given = (values.get(name) for name in node["inputs"])
    values.put(node["outputs"][0], values.sym.InstanceNorm(*given, eps=node["attributes"]["epsilon"]))


def _batch_norm(values: Values, node: Node) -> None:
    scale, bias, mean, variance = (values.constants[name].astype(np.float64) for name in node["inputs"][1:])
    factor, out = scale / np.sqrt(variance + node["attributes"]["epsilon"]), node["outputs"][0]
    wide = (1, -1, *[1] * (len(values.shapes[out]) - 2))
    gain = values.array(f"{out}.gain", factor.reshape(wide))
    shift = values.array(f"{out}.shift", (bias - mean * factor).reshape(wide))
    scaled = values.sym.broadcast_mul(values.get(node["inputs"][0]), gain)
    values.put(out, values.sym.broadcast_add(scaled, shift))


def _reduced(of: str) -> Write:
    def put(values: Values, node: Node) -> None:
        how, rank = node["attributes"], len(values.shapes[node["inputs"][0]])
        axes = tuple(sorted(axis % rank for axis in how.get("axes", range(rank))))
        value, keep = values.get(node["inputs"][0]), bool(how.get("keepdims", 1))
        value = values.sym.square(value) if of == "l2" else value
        answer = getattr(values.sym, "sum" if of == "l2" else of)(value, axis=axes, keepdims=keep)
        values.put(node["outputs"][0], values.sym.sqrt(answer) if of == "l2" else answer)

    return put


def _cumulated(values: Values, node: Node) -> None:
    """As a product with a triangle of ones, along the last axis."""
    how, name = node["attributes"], node["inputs"][0]
    side, rank = values.shapes[name][-1], len(values.shapes[name])
    if how["axis"] % rank != rank - 1 or how.get("exclusive") or how.get("reverse"):
        raise Refused(f"This kind of CumSum has no {HERE}.")
    triangle = values.array(f"{node['outputs'][0]}.triangle", np.tri(side))
    values.put(node["outputs"][0], _dense(values, values.get(name), triangle, side))


def _largest(values: Values, node: Node) -> None:
    axis, out = node["attributes"].get("axis", 0), node["outputs"][0]
    found = values.sym.argmax(values.get(node["inputs"][0]), axis=axis % len(values.shapes[node["inputs"][0]]))
    values.put(out, values.reshape(found, values.shapes[out]))


def _softmax(values: Values, node: Node) -> None:
    axis = node["attributes"].get("axis", -1)
    values.put(node["outputs"][0], values.sym.softmax(values.get(node["inputs"][0]), axis=axis))


OPERATORS: dict[str, Write] = {
    "MatMul": _matmul,
    "Gemm": _gemm,
    "Softmax": _softmax,
    "ArgMax": _largest,
    "CumSum": _cumulated,
    "LayerNormalization": _layer_norm,
    "InstanceNormalization": _instance_norm,
    "BatchNormalization": _batch_norm,
    "ReduceMean": _reduced("mean"),
    "ReduceSum": _reduced("sum"),
    "ReduceMax": _reduced("max"),
    "ReduceMin": _reduced("min"),
    "ReduceL2": _reduced("l2"),
}
