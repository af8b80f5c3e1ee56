"""Finds GELU, x · (1 + erf(x / √2)) / 2, in a plain graph: one operator in the frameworks that it is written for."""

import math
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

Node = dict[str, Any]


def fused(nodes: list[Node], constants: Mapping[str, NDArray[Any]]) -> list[Node]:
    """The nodes with «Gelu» where its five were; each must be the only reader of the one before."""
    makers = {name: node for node in nodes for name in node["outputs"]}
    readers: dict[str, list[Node]] = {}
    for node in nodes:
        for name in node["inputs"]:
            readers.setdefault(name, []).append(node)
    gone: set[int] = set()
    put: dict[int, Node] = {}
    for node in nodes:
        if node["op"] == "Erf" and (found := _around(node, makers, readers, constants)):
            value, parts = found
            gone |= {id(part) for part in parts}
            put[id(parts[-1])] = {"op": "Gelu", "inputs": [value], "outputs": parts[-1]["outputs"], "attributes": {}}
    return [put.get(id(node), node) for node in nodes if id(node) in put or id(node) not in gone]


def _around(
    erf: Node, makers: Mapping[str, Node], readers: Mapping[str, list[Node]], constants: Mapping[str, NDArray[Any]]
) -> tuple[str, list[Node]] | None:
    """What goes in and the five nodes, the last one last; None where it is something else."""
    inner = makers.get(erf["inputs"][0])
    if inner is None or not (scaled := _scaled(inner, constants)) or len(readers[erf["inputs"][0]]) != 1:
        return None
    value, factor = scaled
    if not math.isclose(factor, math.sqrt(0.5), rel_tol=1e-5):
        return None
    plus = _next(erf, readers)
    if plus is None or plus["op"] != "Add" or _number(plus, constants) != 1.0:
        return None
    if (third := _next(plus, readers)) is None or (last := _next(third, readers)) is None:
        return _halved_before(value, [inner, erf, plus], third, makers, readers, constants)
    if third["op"] == "Mul" and value in third["inputs"] and _factor(last, constants) == 0.5:
        return value, [inner, erf, plus, third, last]
    if _factor(third, constants) == 0.5 and last["op"] == "Mul" and value in last["inputs"]:
        return value, [inner, erf, plus, third, last]
    return _halved_before(value, [inner, erf, plus], third, makers, readers, constants)


def _halved_before(
    value: str,
    parts: list[Node],
    product: Node | None,
    makers: Mapping[str, Node],
    readers: Mapping[str, list[Node]],
    constants: Mapping[str, NDArray[Any]],
) -> tuple[str, list[Node]] | None:
    """(x / 2) · (1 + erf(…))."""
    if product is None or product["op"] != "Mul":
        return None
    other = next((name for name in product["inputs"] if name != parts[-1]["outputs"][0]), "")
    half = makers.get(other)
    if half is None or len(readers[other]) != 1 or _scaled(half, constants) != (value, 0.5):
        return None
    return value, [half, *parts, product]


def _next(node: Node, readers: Mapping[str, list[Node]]) -> Node | None:
    found = readers.get(node["outputs"][0], [])
    return found[0] if len(found) == 1 else None


def _number(node: Node, constants: Mapping[str, NDArray[Any]]) -> float | None:
    """The one number among what a node reads."""
    found = [constants[n] for n in node["inputs"] if n in constants]
    return float(found[0].reshape(-1)[0]) if len(found) == 1 and found[0].size == 1 else None


def _factor(node: Node, constants: Mapping[str, NDArray[Any]]) -> float | None:
    found = _scaled(node, constants)
    return found[1] if found else None


def _scaled(node: Node, constants: Mapping[str, NDArray[Any]]) -> tuple[str, float] | None:
    """(x, k) of x · k or x / (1 / k)."""
    number = _number(node, constants)
    if number is None or not number or node["op"] not in ("Mul", "Div"):
        return None
    value = next((name for name in node["inputs"] if name not in constants), "")
    if node["op"] == "Div" and node["inputs"][0] != value:
        return None
    return value, number if node["op"] == "Mul" else 1.0 / number
