"""What moves values and computes none: other shapes, orders, parts, and repetitions."""

import numpy as np

from tasks.artifacts.zoo.formats.tf.values import HERE, Node, Values, Write
from tasks.errors import Refused


def _reshape(values: Values, node: Node) -> None:
    name, sizes = node["inputs"][0], values.shapes[node["outputs"][0]]
    if values.is_last(name) and all(size == 1 for size in values.shapes[name][2:]):
        value = values.last(name)  # one pixel has no other order
    else:
        value = values.first(name)
    values.put(node["outputs"][0], values.tf.reshape(value, values.target(sizes)))


def _transpose(values: Values, node: Node) -> None:
    name, order = node["inputs"][0], node["attributes"]["perm"]
    rank = len(order)
    if values.is_last(name) and order == [0, *range(2, rank), 1]:
        values.put(node["outputs"][0], values.last(name))  # it is there already
    elif not values.is_last(name) and rank in (3, 4) and order == [0, rank - 1, *range(1, rank - 1)]:
        values.put(node["outputs"][0], values.first(name), last=True)
    else:
        values.put(node["outputs"][0], values.tf.transpose(values.first(name), order))


def _concat(values: Values, node: Node) -> None:
    rank = len(values.shapes[node["outputs"][0]])
    axis = node["attributes"]["axis"] % rank
    last = rank in (3, 4) and all(values.is_last(name) for name in node["inputs"])
    given = [values.last(name) if last else values.whole(name) for name in node["inputs"]]
    values.put(node["outputs"][0], values.tf.concat(given, _moved(axis, rank) if last else axis), last)


def _moved(axis: int, rank: int) -> int:
    """Where an axis is when the channels are last."""
    return {0: 0, 1: rank - 1}.get(axis, axis - 1)


def _slice(values: Values, node: Node) -> None:
    name, how = node["inputs"][0], node["attributes"]
    rank = len(values.shapes[name])
    axes = [axis % rank for axis in how.get("axes", range(len(how["starts"])))]
    last = values.is_last(name)
    cuts = [slice(None)] * rank
    for axis, start, end, step in zip(axes, how["starts"], how["ends"], how.get("steps", [1] * len(axes)), strict=True):
        if start == 0 and end > 2**31 and step == 1:
            continue
        if values.shapes[name][axis] < 0:
            raise Refused(f"A part of the batch has no {HERE}.")
        begin, stop, step = slice(start, end, step).indices(values.shapes[name][axis])
        cuts[_moved(axis, rank) if last else axis] = (
            slice(begin, stop, step) if step > 0 else _backwards(begin, stop, step)
        )
    value = values.last(name) if last else values.first(name)
    values.put(node["outputs"][0], value[tuple(cuts)], last)


def _backwards(begin: int, stop: int, step: int) -> slice:
    return slice(begin, None if stop < 0 else stop, step)


def _split(values: Values, node: Node) -> None:
    name, how = node["inputs"][0], node["attributes"]
    axis = how.get("axis", 0) % len(values.shapes[name])
    sizes = [values.shapes[output][axis] for output in node["outputs"]]
    last = values.is_last(name)
    value = values.last(name) if last else values.first(name)
    parts = values.tf.split(value, sizes, _moved(axis, len(values.shapes[name])) if last else axis)
    for output, part in zip(node["outputs"], parts, strict=True):
        values.put(output, part, last)


def _expand(values: Values, node: Node) -> None:
    """Repeats along the sides that are one; batches of constants too."""
    name, out = node["inputs"][0], values.shapes[node["outputs"][0]]
    value, sizes = values.whole(name), values.shapes[name]
    sizes = [1] * (len(out) - len(sizes)) + sizes
    if len(sizes) > len(values.shapes[name]):
        value = values.tf.reshape(value, values.target(sizes))
    times = [1 if size == side else side // size for size, side in zip(sizes, out, strict=True)]
    values.put(node["outputs"][0], value if set(times) == {1} else values.tf.tile(value, values.sides(times)))


def _gather(values: Values, node: Node) -> None:
    data, index = (values.first(name) for name in node["inputs"])
    axis = node["attributes"].get("axis", 0) % len(values.shapes[node["inputs"][0]])
    if isinstance(index, np.ndarray):
        side = values.shapes[node["inputs"][0]][axis]
        index = (index % side if side > 0 else index).astype(np.int32)
        if index.ndim == 0 and side > 0:  # one place: a slice
            cuts = [slice(None)] * axis + [int(index)]
            values.put(node["outputs"][0], values.tf.convert_to_tensor(data)[tuple(cuts)])
            return
    values.put(node["outputs"][0], values.tf.gather(data, index, axis=axis))


def _gather_row(values: Values, node: Node) -> None:
    how, (data, index) = node["attributes"], (values.first(name) for name in node["inputs"])
    rows = values.tf.reshape(data, [-1, how["among"], *how["rest"]])
    taken = values.tf.gather(rows, index.reshape(-1).astype(np.int32), axis=1)
    values.put(node["outputs"][0], values.tf.reshape(taken, values.target(values.shapes[node["outputs"][0]])))


def _gather_own(values: Values, node: Node) -> None:
    data, index = (values.first(name) for name in node["inputs"])
    values.put(node["outputs"][0], values.tf.gather(data, values.tf.reshape(index, [-1]), axis=1, batch_dims=1))


def _gather_elements(values: Values, node: Node) -> None:
    data, index = node["inputs"]
    rank = len(values.shapes[data])
    if node["attributes"].get("axis", 0) % rank != rank - 1 or values.shapes[data][:-1] != values.shapes[index][:-1]:
        raise Refused(f"GatherElements but along the last axis has no {HERE}.")
    taken = values.tf.gather(values.whole(data), values.whole(index), axis=rank - 1, batch_dims=rank - 1)
    values.put(node["outputs"][0], taken)


def _pad(values: Values, node: Node) -> None:
    name, how = node["inputs"][0], node["attributes"]
    rank = len(values.shapes[name])
    pads, axes = how["pads"], [axis % rank for axis in how.get("axes", range(rank))]
    sides = [[0, 0] for _ in range(rank)]
    for place, axis in enumerate(axes):
        sides[axis] = [pads[place], pads[len(axes) + place]]
    value = values.first(name)
    if any(map(any, sides)):
        mode = {"constant": "CONSTANT", "reflect": "REFLECT"}.get(how.get("mode", "constant"))
        if mode is None or min(map(min, sides)) < 0:
            raise Refused(f"Padding by {how.get('mode')} has no {HERE}.")
        value = values.tf.pad(value, sides, mode=mode, constant_values=how.get("value", 0))
    values.put(node["outputs"][0], value)


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
