"""What is known while a plain graph becomes MXNet's symbol: name → symbol, and the arrays that it needs.

Every array is float32, whole numbers and truth values too: MXNet's operators mix no types.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Node = dict[str, Any]
HERE = "MXNet form in tasks/artifacts/zoo/formats"
LARGE = float(np.finfo(np.float32).max)


class Values:
    """Symbols by name; ``shapes`` are those of plain.py: -k is k times the batch. ``arrays``: the weights in use."""

    def __init__(self, mx: Any, graph: dict[str, Any], constants: dict[str, Any]) -> None:
        self.sym, self.shapes, self.constants = mx.sym, graph["shapes"], constants
        self.arrays: dict[str, Any] = {}
        self.kept: dict[str, Any] = {}
        self.given: dict[str, Any] = {}  # inputs as they come
        self.like: Any = None  # a symbol whose first side is the batch

    def enter(self, name: str, kind: str) -> None:
        """An input; the batch is its first side. Whole numbers are exact as float32 up to 2^24."""
        self.given[name] = self.sym.Variable(name, shape=(0, *self.shapes[name][1:]), dtype=kind)
        self.like = self.given[name] if self.like is None else self.like
        self.put(name, self.given[name] if kind == "float32" else self.sym.cast(self.given[name], dtype="float32"))

    def put(self, name: str, symbol: Any) -> None:
        """Keep what an operator answers."""
        self.kept[name] = symbol

    def array(self, name: str, array: Any) -> Any:
        """A symbol for an array of the file."""
        if name not in self.arrays:
            self.arrays[name] = np.ascontiguousarray(np.asarray(array).astype(np.float32))
            self.kept[name] = self.sym.Variable(name, shape=self.arrays[name].shape, dtype="float32")
        return self.kept[name]

    def number(self, name: str) -> float | None:
        """The value of a constant that is one number."""
        found = self.constants.get(name)
        return float(np.clip(found.reshape(-1)[0], -LARGE, LARGE)) if found is not None and found.size == 1 else None

    def get(self, name: str, rank: int = 0) -> Any:
        """The symbol, with sides of one in front where its rank is lower; of a constant, the row that repeats."""
        sizes = self.shapes[name]
        if name in self.constants:
            array = self.constants[name]
            wide = array.reshape((1,) * (max(rank, 1) - array.ndim) + array.shape)
            own = self.array(name if wide.ndim == array.ndim else f"{name}.{wide.ndim}d", wide)
            return own if min(sizes, default=0) >= -1 else self.whole(name)
        if len(sizes) >= rank:
            return self.kept[name]
        return self.reshape(self.kept[name], [1] * (rank - len(sizes)) + sizes)

    def whole(self, name: str) -> Any:
        """With every row of the batch, where a constant holds one for all."""
        sizes = self.shapes[name]
        if name not in self.constants or min(sizes, default=0) >= 0:
            return self.get(name)
        axis, array = next(k for k, size in enumerate(sizes) if size < 0), self.constants[name]
        split = self.array(f"{name}.rows", array.reshape(*array.shape[:axis], 1, *array.shape[axis:]))
        many = self.sym.broadcast_like(split, self.like, lhs_axes=(axis,), rhs_axes=(0,))
        return self.reshape(many, sizes)

    def reshape(self, symbol: Any, sizes: Sequence[int]) -> Any:
        """To these sizes, of which one may grow with the batch."""
        return self.sym.reshape(symbol, shape=tuple(max(size, -1) for size in sizes) or (1,))


Write = Callable[[Values, Node], None]
