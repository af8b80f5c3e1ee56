"""What moves values and computes none: other shapes, orders, parts, and repetitions."""

import math

import numpy as np

from tasks.artifacts.zoo.formats.mx.sums import repeated
from tasks.artifacts.zoo.formats.mx.values import HERE, Node, Values, Write
from tasks.artifacts.zoo.formats.mx.windows import padded
from tasks.errors import Refused


def _reshape(values: Values, node: Node) -> None:
    out = node["outputs"][0]
    values.put(out, values.reshape(values.get(node["inputs"][0]), values.shapes[out]))


def _transpose(values: Values, node: Node) -> None:
    order = node["attributes"]["perm"]
    values.put(node["outputs"][0], values.sym.transpose(values.get(node["inputs"][0]), axes=order))


def _concat(values: Values, node: Node) -> None:
    axis = node["attributes"]["axis"] % len(values.shapes[node["outputs"][0]])
    values.put(node["outputs"][0], values.sym.concat(*(values.whole(n) for n in node["inputs"]), dim=axis))


def _slice(values: Values, node: Node) -> None:
    name, how = node["inputs"][0], node["attributes"]
    rank, symbol = len(values.shapes[name]), values.get(name)
    axes = [axis % rank for axis in how.get("axes", range(len(how["starts"])))]
    for axis, start, end, step in zip(axes, how["starts"], how["ends"], how.get("steps", [1] * len(axes)), strict=True):
        if start == 0 and end > 2**31 and step == 1:
            continue
        if values.shapes[name][axis] < 0:
            raise Refused(f"A part of the batch has no {HERE}.")
        begin, stop, step = slice(start, end, step).indices(values.shapes[name][axis])
        if step == 1:
            symbol = values.sym.slice_axis(symbol, axis=axis, begin=begin, end=stop)
        else:
            places = np.arange(begin, stop, step)
            symbol = values.sym.take(symbol, values.array(f"{node['outputs'][0]}.{axis}", places), axis=axis)
    values.put(node["outputs"][0], symbol)


def _split(values: Values, node: Node) -> None:
    name = node["inputs"][0]
    axis, begin = node["attributes"].get("axis", 0) % len(values.shapes[name]), 0
    for out in node["outputs"]:
        end = begin + values.shapes[out][axis]
        values.put(out, values.sym.slice_axis(values.get(name), axis=axis, begin=begin, end=end))
        begin = end


def _expand(values: Values, node: Node) -> None:
    name, out = node["inputs"][0], values.shapes[node["outputs"][0]]
    symbol, sizes = values.get(name, len(out)), [1] * (len(out) - len(values.shapes[name])) + values.shapes[name]
    if name in values.constants and min(sizes) < 0:
        symbol = values.whole(name)
    if any(size not in (1, side) for size, side in zip(sizes, out, strict=True)):
        times = [side // size for size, side in zip(sizes, out, strict=True)]
        values.put(node["outputs"][0], values.sym.tile(symbol, reps=times))
    else:
        values.put(node["outputs"][0], repeated(values, symbol, sizes, out))


def _gather(values: Values, node: Node) -> None:
    data, index = node["inputs"]
    axis = node["attributes"].get("axis", 0) % len(values.shapes[data])
    side, out = values.shapes[data][axis], values.shapes[node["outputs"][0]]
    if index not in values.constants:
        answer = values.sym.take(values.get(data), values.given.get(index, values.get(index)), axis=axis)
    elif side < 0:
        raise Refused(f"Single samples of a batch have no {HERE}.")
    elif (places := values.constants[index] % side).size == 1:
        answer = values.sym.slice_axis(values.get(data), axis=axis, begin=int(places), end=int(places) + 1)
    else:
        answer = values.sym.take(values.get(data), values.array(f"{index}.of{side}", places), axis=axis)
    values.put(node["outputs"][0], values.reshape(answer, out))


def _gather_row(values: Values, node: Node) -> None:
    how, (data, index), out = node["attributes"], node["inputs"], node["outputs"][0]
    rows = values.reshape(values.get(data), [-1, how["among"], *how["rest"]])
    places = values.array(f"{index}.flat", values.constants[index].reshape(-1))
    values.put(out, values.reshape(values.sym.take(rows, places, axis=1), values.shapes[out]))


def _gather_own(values: Values, node: Node) -> None:
    """As a product with ones and zeros."""
    (data, index), out = node["inputs"], node["outputs"][0]
    _, side, *rest = values.shapes[data]
    chosen = values.sym.one_hot(values.reshape(values.get(index), [-1]), depth=side)
    rows = values.sym.reshape(values.get(data), shape=(-1, side, math.prod(rest)))
    values.put(
        out, values.reshape(values.sym.batch_dot(values.reshape(chosen, [-1, 1, side]), rows), values.shapes[out])
    )


def _gather_elements(values: Values, node: Node) -> None:
    """Along the last axis: the place within all rows is that within a row, and where the row begins."""
    (data, index), out, sym = node["inputs"], node["outputs"][0], values.sym
    (*rows, side), (*own, many) = values.shapes[data], values.shapes[index]
    if node["attributes"].get("axis", 0) % (len(rows) + 1) != len(rows) or rows != own:
        raise Refused(f"GatherElements but along the last axis has no {HERE}.")
    places = values.reshape(values.whole(index), [-1, many])
    begins = sym.reshape(sym.contrib.arange_like(places, axis=0), shape=(-1, 1)) * side
    flat = values.reshape(values.whole(data), [-1])
    values.put(out, values.reshape(sym.take(flat, sym.broadcast_add(places, begins)), values.shapes[out]))


def _pad(values: Values, node: Node) -> None:
    """With a constant that is put beside it: MXNet's own operator knows pictures only."""
    name, how = node["inputs"][0], node["attributes"]
    rank, pads, symbol = len(values.shapes[name]), how["pads"], values.get(name)
    if any(pads) and (how.get("mode", "constant") != "constant" or min(pads) < 0):
        raise Refused(f"Padding by {how.get('mode')} has no {HERE}.")
    axes = [axis % rank for axis in how.get("axes", range(rank))]
    for place, axis in enumerate(axes):
        symbol = padded(values, symbol, axis, pads[place], pads[len(axes) + place], how.get("value", 0.0))
    values.put(node["outputs"][0], symbol)


OPERATORS: dict[str, Write] = {
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Concat": _concat,
    "Slice": _slice,
    "Split": _split,
    "Expand": _expand,
    "Tile": _expand,
    "Gather": _gather,
    "GatherRow": _gather_row,
    "GatherOwn": _gather_own,
    "GatherElements": _gather_elements,
    "Pad": _pad,
}
