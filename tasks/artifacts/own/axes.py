"""Which dimension of an input counts the samples: said, named, free, or asked for.

In: `Found`, the shapes, and `Answers`. Out: a place for each input, or one sentence with the words that settle it.
"""

from tasks.artifacts.own.answers import Answers
from tasks.artifacts.own.found import Found, Port, Size
from tasks.errors import Refused


def batch_axes(found: Found, shapes: list[tuple[Size, ...]], answers: Answers) -> list[int | None]:
    """For each input the dimension that counts samples; None where it has none.

    What was said comes first; then a free dimension of that name; then a free first one. Where none is free, a first
    dimension of 1 in every input. Raises Refused where that leaves it open.
    """
    axes = [_free(found, port, shape, answers) for port, shape in zip(found.inputs, shapes, strict=True)]
    wide = [shape for shape in shapes if shape]
    if all(axis is None for axis in axes) and not answers.whole:
        if answers.batch is not None:
            raise _fixed_elsewhere(found, shapes, answers.batch)
        if wide and all(shape[0] == 1 for shape in wide):
            return [0 if shape else None for shape in shapes]
    return axes


def _free(found: Found, port: Port, shape: tuple[Size, ...], answers: Answers) -> int | None:
    """Of one input: said, named, or first."""
    said = answers.shapes.get(port.name)
    if said is not None:
        return said.index("batch") if "batch" in said else None
    if answers.whole:
        return None
    if answers.batch is not None:
        there = answers.batch < len(shape) and not (isinstance(shape[answers.batch], int) and shape[answers.batch] != 1)
        return answers.batch if there else None
    named = [place for place, size in enumerate(shape) if counts_samples(size)]
    if named or not shape:
        return named[0] if named else None
    if not isinstance(shape[0], int) and not _runs_along(shape[0]):
        return 0
    if shape[0] != 1 and any(not isinstance(size, int) for size in shape):
        raise Refused(
            f"{found.path}: which dimension of «{port.name}» {written_out(shape)} counts the samples is not clear. Say "
            "it with batch=0, batch=1, …; or batch=none, where the input is one sample."
        )
    return None


def counts_samples(size: Size) -> bool:
    """Whether a free dimension says so by its name."""
    return isinstance(size, str) and (size.lower() in ("n", "b", "bs") or "batch" in size.lower())


def _runs_along(size: Size) -> bool:
    """Whether its name says that it is another than the samples'."""
    return isinstance(size, str) and any(word in size.lower() for word in ("seq", "time", "len", "frame"))


def _fixed_elsewhere(found: Found, shapes: list[tuple[Size, ...]], axis: int) -> Refused:
    sizes = [shape[axis] for shape in shapes if len(shape) > axis]
    if not sizes:
        return Refused(f"batch={axis}: no input of {found.path} has so many dimensions.")
    return Refused(
        f"batch={axis}: the file fixes this dimension to {sizes[0]}, so it cannot count samples. Export it with that "
        "dimension free, or say batch=none: then one query is the whole input."
    )


def written_out(shape: tuple[Size, ...]) -> str:
    """A shape as a user writes it."""
    return "[" + ",".join("?" if size is None else str(size) for size in shape) + "]"
