"""Gathering that counts the samples becomes gathering within a sample, or along one axis, in a plain graph."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIZES = (2, 3)  # of the batch, at which a graph is looked at
Node = dict[str, Any]
Runs = Sequence[Mapping[str, NDArray[Any]]]


@dataclass(frozen=True)
class Seen:
    """Every value at each size of the batch, what does not depend on the inputs, and the shapes of what does.

    ``places`` gets the indices that are written anew, ``shapes`` the values.
    """

    runs: Runs
    still: set[str]
    shapes: dict[str, list[int]]
    places: dict[str, NDArray[Any]] = field(default_factory=dict)


def gathered(node: Node, before: Sequence[Node], seen: Seen) -> list[Node]:
    """What takes the place of a node; ``before`` are those that came before it."""
    if node["op"] not in ("Gather", "GatherND") or node["attributes"].get("batch_dims"):
        return [node]
    if node["inputs"][1] not in seen.still:
        return [_own(node, before, seen)]
    return _row_by_row(node, seen) or (_flat(node, seen) if node["op"] == "GatherND" else [node])


def _row_by_row(node: Node, seen: Seen) -> list[Node]:
    """«GatherRow»: sees the data as [batch, ``among``, *``rest``] and takes from the second axis."""
    data, name = node["inputs"]
    (index, more), size = (run[name] for run in seen.runs), seen.runs[0][data].shape
    if index.shape[:1] != SIZES[:1] or more.shape[:1] != SIZES[1:]:
        return []
    if node["op"] == "GatherND":
        sides, rest = size[1 : index.shape[-1]], size[index.shape[-1] :]
        index, more = (_one(each, size[: each.shape[-1]]) for each in (index, more))
    elif node["attributes"].get("axis", 0) == 0 and size[0] % SIZES[0] == 0:
        sides, rest = (size[0] // SIZES[0],), size[1:]
    else:
        return []
    among = math.prod(sides)
    own = among * np.arange(len(more)).reshape(-1, *[1] * (more.ndim - 1))
    if ((more - own) != index[:1]).any() or index[0].min() < 0 or index[0].max() >= among:
        return []
    seen.places[f"{name}.row"] = np.ascontiguousarray(index[0])
    how = {"among": among, "rest": list(rest)}
    return [{**node, "op": "GatherRow", "inputs": [data, f"{name}.row"], "attributes": how}]


def _flat(node: Node, seen: Seen) -> list[Node]:
    """Fixed places along several axes: a Gather from the first one, into which these are made one."""
    data, name = node["inputs"]
    index, size = seen.runs[0][name], seen.runs[0][data].shape
    wide = index.shape[-1]
    if min(seen.shapes[data][:wide]) < 0 or index.shape != seen.runs[1][name].shape:
        return [node]
    seen.places[f"{name}.flat"] = _one(index, size[:wide])
    seen.shapes[f"{data}.flat"] = [math.prod(size[:wide]), *seen.shapes[data][wide:]]
    flat = {"op": "Reshape", "inputs": [data], "outputs": [f"{data}.flat"], "attributes": {}}
    return [flat, {**node, "op": "Gather", "inputs": [f"{data}.flat", f"{name}.flat"], "attributes": {"axis": 0}}]


def _own(node: Node, before: Sequence[Node], seen: Seen) -> Node:
    """«GatherOwn»: one place of each sample, (batch, 1), which the inputs say; it takes from the second axis."""
    made = next((other for other in before if node["inputs"][1] in other["outputs"]), None)
    if node["op"] != "GatherND" or made is None or made["op"] != "Concat" or len(made["inputs"]) != 2:
        return node
    number, place = made["inputs"]
    counts = number in seen.still and all(
        run[number].tolist() == [[k] for k in range(size)] for run, size in zip(seen.runs, SIZES, strict=True)
    )
    if not counts or seen.shapes.get(place) != [-1, 1]:
        return node
    return {**node, "op": "GatherOwn", "inputs": [node["inputs"][0], place]}


def _one(index: NDArray[Any], sides: tuple[int, ...]) -> NDArray[Any]:
    """(…, n) places along n axes → (…) places along all of them."""
    weights = np.array([math.prod(sides[place + 1 :]) for place in range(len(sides))])
    return np.asarray((index % np.array(sides) if (index < 0).any() else index) @ weights)
