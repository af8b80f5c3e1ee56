"""The first layer out of tolerance between two runs of a model, and how far off what came before it was.

Differences are the largest one of a value, as a share of the standard deviation of the second run's (of its largest
magnitude where that hardly varies): the tolerance is that of outputs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import onnx
from numpy.typing import NDArray

from tasks.artifacts.layerwise.matched import Pairs, alongside, matched
from tasks.artifacts.layerwise.pieces import Graph, Values, in_groups, piece, reads, still_read, writes
from tasks.errors import Refused

HUGE = 1e30  # what masks attention: no value of a layer
STEEP = 10.0  # times what a layer reads, from which on a difference is its own


class Runs(Protocol):
    """What runs a piece."""

    def answers(self, piece: onnx.ModelProto, given: Mapping[str, NDArray[Any]]) -> Values:
        """name → value."""


@dataclass(frozen=True)
class Layer:
    """A node's output, and by how much of a deviation it is off; ``read`` is the most that its inputs are off."""

    name: str
    op: str
    output: str
    share: float
    read: float = 0.0

    def __str__(self) -> str:
        return f"{self.name} ({self.op}, output {self.output})"


@dataclass(frozen=True)
class Divergence:
    """``first`` is out of tolerance, None where no layer is; ``before`` is the most that any layer before it is off.

    ``origin`` is the layer in which the difference rises, where that is another one within the tolerance.
    """

    first: Layer | None
    before: float
    allowed: float
    compared: int
    unmatched: int
    origin: Layer | None = None

    def sentence(self) -> str:
        """One sentence, or two."""
        if not self.compared:
            return "No layer has a counterpart: the two have nothing in common that could be compared."
        more = f" {self.unmatched} layers have no counterpart and were not compared." if self.unmatched else ""
        if self.first is None:
            return (
                f"Looked at one by one, all {self.compared} layers agree within {self.before:.1e} of a deviation "
                f"(allowed {self.allowed:g}).{more}"
            )
        so_far = f"everything before it agrees within {self.before:.1e}" if self.compared > 1 else "it is the first one"
        rises = f"; the difference rises in {self.origin}, to {self.origin.share:.1e}" if self.origin else ""
        return (
            f"{self.first} differs by {self.first.share:.1e} of a deviation, allowed {self.allowed:g}; "
            f"{so_far}{rises}.{more}"
        )


def diverged(one: tuple[Graph, Runs], other: tuple[Graph, Runs], inputs: Values, allowed: float) -> Divergence:
    """Run both graphs on the same ``inputs`` (of the first, by name), a group of nodes after the other.

    Stops at the first layer out of tolerance. Raises Refused where a piece does not run.
    """
    (a, run_a), (b, run_b) = one, other
    if len(a.inputs) != len(b.inputs):
        raise Refused(f"One model has the inputs {', '.join(a.inputs)}, the other {', '.join(b.inputs)}.")
    pairs, groups = matched(a, b), list(in_groups(a.nodes))
    beside = alongside(b, pairs, groups)
    walks = zip(
        groups,
        walked(a, groups, run_a, inputs),
        walked(b, beside, run_b, {pairs[name]: inputs[name] for name in a.inputs}),
        strict=True,
    )
    return found_in(walks, pairs, allowed)


def walked(graph: Graph, groups: Sequence[Sequence[Any]], run: Runs, inputs: Values) -> Iterator[Values]:
    """The values of every group; keeps what later ones read."""
    live, later = dict(inputs), still_read(graph, groups)
    for group, wanted in zip(groups, later, strict=True):
        found = run.answers(piece(graph, group, live), _wanted(live, group)) if group else {}
        yield found
        live = {name: array for name, array in (live | found).items() if name in wanted}


def _wanted(live: Values, group: Sequence[Any]) -> Values:
    read = {name for node in group for name in reads(node)} - {name for node in group for name in writes(node)}
    return {name: array for name, array in live.items() if name in read}


Walk = Iterable[tuple[Sequence[Any], Mapping[str, Any], Mapping[str, Any]]]


@dataclass
class _Seen:
    """Shares so far, by value of the first graph."""

    layers: dict[str, Layer] = field(default_factory=dict)
    nodes: dict[str, Any] = field(default_factory=dict)
    unmatched: int = 0

    def most(self) -> float:
        return max((layer.share for layer in self.layers.values()), default=0.0)


def found_in(walk: Walk, pairs: Pairs, allowed: float) -> Divergence:
    """Out of groups of nodes with the values of both runs."""
    seen = _Seen()
    for nodes, ours, theirs in walk:
        for node in nodes:
            before = seen.most()
            if (layer := _compared(node, ours, theirs, pairs, seen)) and not layer.share <= allowed:
                count = len(seen.layers)
                return Divergence(layer, before, allowed, count, seen.unmatched, _origin(node, layer, seen))
    return Divergence(None, seen.most(), allowed, len(seen.layers), seen.unmatched)


def _compared(node: Any, ours: Mapping[str, Any], theirs: Mapping[str, Any], pairs: Pairs, seen: _Seen) -> Layer | None:
    """The worst output of a node; None where nothing of it can be compared."""
    if node.op_type in ("Constant", "Identity"):
        return None
    names = [name for name in writes(node) if name in ours and pairs.get(name) in theirs]
    seen.unmatched += not names and any(name in ours for name in writes(node))
    read = max((seen.layers[name].share for name in reads(node) if name in seen.layers), default=0.0)
    for name in names:
        if _floating(ours[name]) and _floating(theirs[pairs[name]]):
            share = off(ours[name], theirs[pairs[name]])
            seen.nodes[name] = node
            seen.layers[name] = Layer(node.name or "a node without a name", node.op_type, name, share, read)
    layers = [seen.layers[name] for name in names if name in seen.layers]
    return max(layers, key=lambda layer: layer.share) if layers else None


def _floating(array: Any) -> bool:
    return bool(array.size) and (array.dtype.kind == "f" or array.dtype.name == "bfloat16")


def off(ours: NDArray[Any], theirs: NDArray[Any]) -> float:
    """The largest difference as a share of the deviation of ``theirs``; inf for another shape or number.

    What masks (infinite or above 1e30) has to be masked in both, and is left out.
    """
    if ours.shape != theirs.shape:
        return float("inf")
    a, b = ours.astype(np.float64), theirs.astype(np.float64)
    masked, other = ~(np.abs(b) < HUGE), ~(np.abs(a) < HUGE)
    if (masked != other).any():
        return float("inf")
    a, b = a[~masked], b[~masked]
    if not b.size:
        return 0.0
    most = float(np.abs(b).max())
    scale = max(float(b.std()), 1e-6 * most)
    return float(np.abs(a - b).max()) / (scale or 1.0)


def _origin(node: Any, layer: Layer, seen: _Seen) -> Layer | None:
    """Back along the inputs that are off most, to the layer whose answer is far more off than what it reads."""
    at, found = node, layer
    while found.share < STEEP * found.read:
        inputs = [seen.layers[name] for name in reads(at) if name in seen.layers]
        found = max(inputs, key=lambda one: one.share)
        at = seen.nodes[found.output]
    return None if found is layer else found
