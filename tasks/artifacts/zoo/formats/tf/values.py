"""What is known while TensorFlow traces a plain graph: name → tensor or array, with the channels first or last."""

from collections.abc import Callable, Sequence
from typing import Any

Node = dict[str, Any]
HERE = "TensorFlow form in tasks/artifacts/zoo/formats"


class Values:
    """What is known while a graph is traced: name → tensor or array, with the channels first or last.

    ``shapes`` are those of plain.py: -k is k times the batch.
    """

    def __init__(self, tf: Any, graph: dict[str, Any], constants: dict[str, Any]) -> None:
        self.tf, self.shapes, self.types, self.constants = tf, graph["shapes"], graph["types"], constants
        self.kept: dict[tuple[str, bool], Any] = {(name, False): array for name, array in constants.items()}
        self.batch: Any = None

    def put(self, name: str, value: Any, last: bool = False) -> None:
        """Keep a value in one of its orders."""
        self.kept[name, last] = value

    def is_last(self, name: str) -> bool:
        """Whether a value is there with its channels last only."""
        return (name, True) in self.kept and (name, False) not in self.kept

    def first(self, name: str) -> Any:
        """As the graph says; of a constant that holds one row for the whole batch, that row."""
        if name in self.constants and min(self.shapes[name], default=0) < -1:
            return self.whole(name)  # several rows repeat: nothing broadcasts them
        if (name, False) not in self.kept:
            rank = len(self.shapes[name])
            self.put(name, self.tf.transpose(self.kept[name, True], (0, rank - 1, *range(1, rank - 1))))
        return self.kept[name, False]

    def last(self, name: str, rank: int = 0) -> Any:
        """With the channels last; of a lower rank, with sides of one in front."""
        own = len(self.shapes[name])
        if (name, True) not in self.kept or own < rank:
            rank = max(rank, own)
            if not own:
                return self.first(name)
            order = (0, *range(2, rank), 1)
            value = self.first(name)
            if name in self.constants:
                return value.reshape((1,) * (rank - value.ndim) + value.shape).transpose(order)
            wide = value if own == rank else self.tf.reshape(value, self.target([1] * (rank - own) + self.shapes[name]))
            turned = self.tf.transpose(wide, order)
            if own < rank:
                return turned
            self.put(name, turned, last=True)
        return self.kept[name, True]

    def whole(self, name: str) -> Any:
        """With every row of the batch, where a constant holds one for all."""
        sizes = self.shapes[name]
        if name not in self.constants or min(sizes, default=0) >= 0:
            return self.first(name)
        return self.tf.tile(self.constants[name], [self.batch if size < 0 else 1 for size in sizes])

    def target(self, sizes: Sequence[int]) -> Any:
        """A shape for reshape: the one side that grows with the batch is found out there."""
        if sum(size < 0 for size in sizes) <= 1:
            return [max(size, -1) for size in sizes]
        return self.sides(sizes)

    def sides(self, sizes: Sequence[int]) -> Any:
        """A shape in which the batch is a number."""
        return self.tf.stack([size if size >= 0 else self.batch * -size for size in sizes])


Write = Callable[[Values, Node], None]
