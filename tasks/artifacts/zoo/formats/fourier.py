"""A discrete Fourier transform in a plain graph as a product with a matrix, which every framework has.

Of x with (…, n, …, c), c = 1 real or 2 complex parts: X[k] = Σ x[n] · exp(−2πi·kn/N).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.errors import Refused

Node = dict[str, Any]


def as_products(nodes: Sequence[Node], shapes: dict[str, list[int]], constants: dict[str, NDArray[Any]]) -> list[Node]:
    """The nodes without DFT; adds the shapes and matrices of what takes its place."""
    found: list[Node] = []
    for node in nodes:
        found += _product(node, shapes, constants) if node["op"] == "DFT" else [node]
    return found


def _product(node: Node, shapes: dict[str, list[int]], constants: dict[str, NDArray[Any]]) -> list[Node]:
    """The axis beside the parts, both as one side of a matrix, and back."""
    (name, *_), (out,), how = node["inputs"], node["outputs"], node["attributes"]
    sizes = shapes[name]
    axis, rank = int(how.get("axis", -2)) % len(sizes), len(sizes)
    if how.get("inverse") or how.get("onesided") or "length" in how or sizes[axis] < 0:
        raise Refused("Only a whole Fourier transform of one length has a plain form.")
    order = [*(k for k in range(rank) if k not in (axis, rank - 1)), axis, rank - 1]
    turned = [sizes[k] for k in order]
    constants[f"{out}.waves"] = matrix(sizes[axis], sizes[-1])
    shapes |= {
        f"{out}.turned": turned,
        f"{out}.flat": [*turned[:-2], turned[-2] * turned[-1]],
        f"{out}.product": [*turned[:-2], turned[-2] * 2],
        f"{out}.parts": [*turned[:-1], 2],
        f"{out}.waves": list(constants[f"{out}.waves"].shape),
    }
    steps: list[tuple[str, list[str], str, dict[str, Any]]] = [
        ("Transpose", [name], f"{out}.turned", {"perm": order}),
        ("Reshape", [f"{out}.turned"], f"{out}.flat", {}),
        ("MatMul", [f"{out}.flat", f"{out}.waves"], f"{out}.product", {}),
        ("Reshape", [f"{out}.product"], f"{out}.parts", {}),
        ("Transpose", [f"{out}.parts"], out, {"perm": np.argsort(order).tolist()}),
    ]
    return [{"op": op, "inputs": given, "outputs": [made], "attributes": by} for op, given, made, by in steps]


def matrix(length: int, parts: int) -> NDArray[np.float32]:
    """(length · parts, length · 2): what a real or complex series is multiplied with."""
    angle = 2 * np.pi * (np.outer(np.arange(length), np.arange(length)) % length) / length
    of_real = np.stack([np.cos(angle), -np.sin(angle)], -1)
    of_imaginary = np.stack([np.sin(angle), np.cos(angle)], -1)
    both = np.stack([of_real, of_imaginary][:parts], 1)  # n, c, k, d
    return both.reshape(length * parts, length * 2).astype(np.float32)
