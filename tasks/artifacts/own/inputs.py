"""From what a file says of its inputs to what the manifest says: which dimension counts samples, sizes, ranges.

In: `Found` and `Answers`. Out: fields of the manifest, and a sentence for everything that was chosen here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tasks.artifacts.own.answers import Answers, require_inputs
from tasks.artifacts.own.axes import batch_axes, counts_samples, written_out
from tasks.artifacts.own.found import Found, Port, Size
from tasks.errors import Refused
from tasks.specs.unanswered import OPEN

LENGTH, SIDE, CHANNELS = 128, 224, 3  # of free dimensions: what runs along, sides of pictures, their colours
RANGES: dict[str, tuple[float, float]] = {"bool": (0, 1), "uint8": (0, 255), "int8": (-128, 127)}
MOST_DIMENSIONS = 6


@dataclass
class Described:
    """The inputs of a manifest; whether the file takes one sample at a time; what was chosen, in sentences."""

    inputs: list[dict[str, Any]] = field(default_factory=list)
    batch: int | None = None
    chosen: list[str] = field(default_factory=list)


def described(found: Found, answers: Answers) -> Described:
    """Raises Refused where the file leaves open what only the user knows."""
    require_inputs(answers, found)
    shapes = [_known(found, port, answers) for port in found.inputs]
    axes = batch_axes(found, shapes, answers)
    fixed = any(axis is not None and shape[axis] == 1 for axis, shape in zip(axes, shapes, strict=True))
    made = Described(batch=1 if fixed else None)
    sizes: dict[str, int] = {}
    for port, shape, axis in zip(found.inputs, shapes, axes, strict=True):
        said = answers.shapes.get(port.name)
        free = ["batch" if place == axis else None for place in range(len(shape))]
        whole = said or tuple(free[k] or _size(port, shape, k, sizes, made) for k in range(len(shape)))
        made.inputs.append(_tensor(port, whole, answers, made))
    made.chosen += _told(found, axes, fixed)
    return made


def _told(found: Found, axes: list[int | None], fixed: bool) -> Iterator[str]:
    """What was decided of the samples' dimension, where it is not the first and free."""
    if all(axis is None for axis in axes):
        yield "no dimension counts samples: one query is the inputs as they are; another: batch=<dimension>"
        return
    if fixed:
        yield "the file takes one sample at a time; export it with a free first dimension for more"
    for port, axis in zip(found.inputs, axes, strict=True):
        if axis is None:
            yield f"«{port.name}» has no dimension of samples: one value serves all of them"
        elif axis:
            yield f"samples are counted by dimension {axis} of «{port.name}»"


def _known(found: Found, port: Port, answers: Answers) -> tuple[Size, ...]:
    """The shape that the file has, held against the one that was said."""
    said = answers.shapes.get(port.name)
    if port.shape is None:
        if said is None:
            raise Refused(
                f"{found.path} does not say how many dimensions «{port.name}» has. Say its shape, such as "
                f"shape.{port.name}=[batch,128]."
            )
        return tuple(None if size == "batch" else size for size in said)
    if len(port.shape) > MOST_DIMENSIONS:
        raise Refused(f"«{port.name}» has {len(port.shape)} dimensions, and {MOST_DIMENSIONS} are the most here.")
    if said is not None and (len(said) != len(port.shape) or not all(map(_agree, port.shape, said))):
        raise Refused(
            f"shape.{port.name}={written_out(said)} does not fit the file, which says {written_out(port.shape)}."
        )
    return port.shape


def _agree(size: Size, said: int | str) -> bool:
    return not isinstance(size, int) or said == size or (said == "batch" and size == 1)


def _size(port: Port, shape: tuple[Size, ...], place: int, sizes: dict[str, int], made: Described) -> int:
    """A number for one dimension; free ones of one name are one."""
    size = shape[place]
    if isinstance(size, int):
        return size
    name = str(size or f"dimension {place}")
    if size is None or name not in sizes:
        chosen = _usual(port, shape, place, name.lower())
        sizes[name] = chosen
        want = ",".join(_word(other) for other in shape)
        made.chosen.append(f"{name} of «{port.name}» is free: {chosen}; another: shape.{port.name}=[{want}]")
    return sizes[name]


def _word(size: Size) -> str:
    return "batch" if counts_samples(size) else str(size) if isinstance(size, int) else f"<{size or 'number'}>"


def _usual(port: Port, shape: tuple[Size, ...], place: int, name: str) -> int:
    if len(shape) == 4 and port.dtype in ("float32", "float16", "uint8", "float64") and "seq" not in name:
        channels = 3 if shape[3] in (1, 3) else 1
        return CHANNELS if place == channels and shape[channels] not in (1, 3) else SIDE
    return LENGTH


def _tensor(port: Port, shape: tuple[int | str, ...], answers: Answers, made: Described) -> dict[str, Any]:
    layout, color = _picture(port, shape)
    return {
        "name": port.name,
        "shape": list(shape),
        "dtype": port.dtype,
        "layout": layout,
        "color": color,
        "range": list(_range(port, answers, made)),
    }


def _picture(port: Port, shape: tuple[int | str, ...]) -> tuple[str, str]:
    """Layout and colour: those of pictures where four dimensions say so, else one letter for what is not known."""
    if len(shape) == 4 and shape[0] == "batch" and port.dtype in ("float32", "float16", "uint8"):
        for layout, channels in (("NCHW", shape[1]), ("NHWC", shape[3])):
            if channels in (1, 3):
                return layout, OPEN if channels == 3 else "GRAY"
    if len(shape) == 2 and shape[0] == "batch":
        return ("NT" if port.dtype.startswith("int") else "NC"), "none"
    return "D" * len(shape), "none"


def _range(port: Port, answers: Answers, made: Described) -> tuple[float, float]:
    whole = not port.dtype.startswith("float")
    if port.name in answers.ranges:
        low, high = answers.ranges[port.name]
        _require_safe(port, low, high)
        return (int(low), int(high)) if whole else (low, high)
    if port.values is not None:
        made.chosen.append(f"«{port.name}» is fed {port.values[0]} … {port.values[1]}: {port.why}")
        return port.values
    if whole and "mask" in port.name.lower():
        made.chosen.append(f"«{port.name}» is a mask by its name: fed 1; another: range.{port.name}=[0,1]")
        return 1, 1
    low, high = RANGES.get(port.dtype, (0, 1) if whole else (0.0, 1.0))
    made.chosen.append(f"«{port.name}» is fed {low:g} … {high:g}; another: range.{port.name}=[<smallest>,<largest>]")
    return low, high


def _require_safe(port: Port, low: float, high: float) -> None:
    """A position outside its table ends the process of some runtimes."""
    if port.values is not None and not port.values[0] <= low <= high <= port.values[1]:
        raise Refused(f"range.{port.name}=[{low:g},{high:g}] leaves {port.values[0]} … {port.values[1]}: {port.why}.")
