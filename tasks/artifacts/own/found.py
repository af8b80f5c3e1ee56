"""What a model file says of itself: plain values, whatever its kind."""

from dataclasses import dataclass, field
from pathlib import Path

Size = int | str | None  # a number; the name of a free dimension, or None where it has none


@dataclass(frozen=True)
class Port:
    """An input or output. ``shape`` is None where the file does not say; ``values`` are the whole numbers it may hold,
    where the file shows them, and ``why`` says how it does."""

    name: str
    shape: tuple[Size, ...] | None
    dtype: str
    values: tuple[int, int] | None = None
    why: str = ""


@dataclass(frozen=True)
class Found:
    """A model: its ``format``, its first file, the others beside it (relative to its folder), its tensors.

    ``facts`` is what else is worth saying, in a few words each; ``remarks`` are sentences.
    """

    format: str
    path: Path
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    beside: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    remarks: tuple[str, ...] = field(default=())

    @property
    def files(self) -> list[Path]:
        """All of them."""
        return [self.path, *(self.path.parent / name for name in self.beside)]

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(file.stat().st_size for file in self.files)
