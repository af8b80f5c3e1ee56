"""Which node of one graph is which of another: by what they read, whatever they are called.

Two nodes are one when operator and shapes of the weights agree and the values that they read are one; attributes and
weights may differ, for that is what is looked for. Identity is looked through. Where the structures part, a value of
the same name goes on.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import onnx

from tasks.artifacts.layerwise.pieces import Graph, reads, writes

Pairs = dict[str, str]  # value of the first graph → value of the second


def matched(one: Graph, other: Graph) -> Pairs:
    """Values of ``one`` that ``other`` has too; inputs and outputs go by their place."""
    sides = _Side(one), _Side(other)
    pairs: Pairs = dict(zip(one.inputs, other.inputs, strict=False))
    free = {id(node): node for node in sides[1].nodes}
    for node in sides[0].nodes:
        if found := _same(node, sides, pairs, free):
            del free[id(found)]
            pairs |= dict(zip(node.output, found.output, strict=False))
    pairs |= {a: b for a, b in zip(one.outputs, other.outputs, strict=False) if a not in pairs}
    return pairs


class _Side:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.alias = {node.output[0]: node.input[0] for node in graph.nodes if node.op_type == "Identity"}
        self.nodes = [n for n in graph.nodes if n.op_type not in ("Identity", "Constant")]
        self.readers: dict[tuple[str, tuple[str, ...]], list[onnx.NodeProto]] = {}
        for node in self.nodes:
            self.readers.setdefault((node.op_type, tuple(self.values(node))), []).append(node)

    def source(self, name: str) -> str:
        """The value behind Identity."""
        while name in self.alias:
            name = self.alias[name]
        return name

    def values(self, node: onnx.NodeProto) -> list[str]:
        """What a node reads; a weight is «»."""
        found = (self.source(name) for name in node.input)
        return ["" if name in self.graph.weights else name for name in found]

    def weights(self, node: onnx.NodeProto) -> list[Any]:
        return [w for name in node.input if (w := self.graph.weights.get(self.source(name))) is not None]

    def shapes(self, node: onnx.NodeProto) -> list[list[int]]:
        return [list(w.dims) for w in self.weights(node) if isinstance(w, onnx.TensorProto)]

    def content(self, node: onnx.NodeProto) -> str:
        """Attributes and weights, by their bytes."""
        digest = hashlib.sha256()
        for part in (*sorted(node.attribute, key=lambda a: a.name), *(_nameless(w) for w in self.weights(node))):
            digest.update(part.SerializeToString(deterministic=True))
        return digest.hexdigest()


def _nameless(weight: Any) -> Any:
    part = weight.attribute[0] if isinstance(weight, onnx.NodeProto) else weight
    bare = type(part)()
    bare.CopyFrom(part)
    bare.name = ""
    return bare


def _same(
    node: onnx.NodeProto, sides: tuple[_Side, _Side], pairs: Mapping[str, str], free: Mapping[int, onnx.NodeProto]
) -> onnx.NodeProto | None:
    """Of several that read the same, the equal one; else the first that is equal to none of this one's siblings."""
    one, other = sides
    values = one.values(node)
    wanted = tuple(other.source(pairs.get(name, "?")) if name else "" for name in values)
    alike = [n for n in other.readers.get((node.op_type, wanted), []) if id(n) in free]
    alike = [n for n in alike if other.shapes(n) == one.shapes(node)]
    if len(alike) > 1:
        siblings = {one.content(n): n for n in one.readers[node.op_type, tuple(values)]}
        for found in alike:
            if other.content(found) == one.content(node):
                return found
        alike = [n for n in alike if other.content(n) not in siblings] or alike
    if alike:
        return alike[0]
    return next((n for n in free.values() if n.op_type == node.op_type and list(n.output) == list(node.output)), None)


def alongside(graph: Graph, pairs: Mapping[str, str], groups: Sequence[Sequence[onnx.NodeProto]]) -> list[list[Any]]:
    """The nodes of the second graph in groups, so that each has what its counterpart in ``groups`` has as well."""
    maker = {name: node for node in graph.nodes for name in writes(node)}
    place = {id(node): k for k, node in enumerate(graph.nodes)}
    done, found = set[int](), list[list[Any]]()
    for group in groups:
        todo = [maker[b] for node in group for a in node.output if (b := pairs.get(a, "")) in maker]
        needed: dict[int, Any] = {}
        while todo:
            node = todo.pop()
            if id(node) not in done and id(node) not in needed:
                needed[id(node)] = node
                todo += [maker[name] for name in reads(node) if name in maker]
        done |= set(needed)
        found.append(sorted(needed.values(), key=lambda node: place[id(node)]))
    return found
