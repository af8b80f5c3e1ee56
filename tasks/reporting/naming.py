"""The cells of a sweep named by what tells them apart: aspects first, then single fields, their run as a last way.

In: a `Sweep`. Out: a name a cell, in order. A field counts only between cells whose aspect has the same name: else the
name says it already.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tasks.results.measurement import Result, Sweep

ASPECTS = ("model", "dataset", "software", "hw", "scenario", "tracing")
IDENTITY = ("id", "version", "licence", "source", "weights")
Field = tuple[str, str]  # the aspect's name, the path in it


def names(sweep: Sweep) -> list[str]:
    """«onnxruntime · batch_size=8»."""
    aspects = [dict(_aspects(cell)) for cell in sweep.cells]
    fields = [dict(_fields(cell)) for cell in sweep.cells]
    named = [key for key in dict.fromkeys(k for of in aspects for k in of) if _differs(key, aspects)]
    single = [key for key in dict.fromkeys(k for of in fields for k in of) if _differs(key, fields)]
    called = [
        " · ".join([of[key] for key in named] + [f"{key[1]}={own[key]}" for key in single if key in own])
        for of, own in zip(aspects, fields, strict=True)
    ]
    times = Counter(called)
    alone = [name or cell.evaluation.title for name, cell in zip(called, sweep.cells, strict=True)]
    return [
        f"{name} · {cell.run}" if times[key] > 1 else name
        for name, key, cell in zip(alone, called, sweep.cells, strict=True)
    ]


def _aspects(cell: Result) -> Iterator[tuple[str, str]]:
    asked = cell.evaluation
    yield "model", f"{asked.model.id}[{asked.model.weights}]"
    yield from ((aspect, str(getattr(asked, aspect).id)) for aspect in ASPECTS[1:])
    yield "host", str(cell.placement.get("host", ""))


def _fields(cell: Result) -> Iterator[tuple[Field, str]]:
    for aspect in ASPECTS:
        part = getattr(cell.evaluation, aspect)
        yield from (((part.id, path), value) for path, value in _leaves(part.model_dump(mode="json"), ""))


def _leaves(tree: Any, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(tree, dict):
        yield path, ",".join(map(str, tree)) if isinstance(tree, list) else str(tree)
        return
    for name, value in tree.items():
        if path or name not in IDENTITY:
            yield from _leaves(value, f"{path}.{name}" if path else name)


def _differs(key: Any, every: list[dict[Any, str]]) -> bool:
    return len({of[key] for of in every if key in of}) > 1
