"""A layer table as a torch module: one nn layer per row, run in the order of the table. Lean, Python 3.9.

Real nn layers, so that torch's own optimisations recognise them; a value is dropped after its last reader.
"""

from __future__ import annotations

from typing import Any

from tasks.predictors._operators import OPERATORS
from tasks.predictors._table import Layer, Table


def network(table: Table) -> Any:
    """The `torch.nn.Module` in evaluation mode: (batch, channels, height, width) → (batch, classes)."""
    from torch import nn

    class Walk(nn.Module):  # type: ignore[misc]  # torch is untyped here
        def __init__(self) -> None:
            super().__init__()
            self.rows = nn.ModuleList([module(layer) for layer in table.layers])

        def forward(self, pictures: Any) -> Any:
            values = {table.input: pictures}
            for layer, module, spent in zip(table.layers, self.rows, last):  # noqa: B905  (Python 3.9)
                values[layer.output] = module(*[values[name] for name in layer.inputs])
                for name in spent:
                    del values[name]
            return values[table.output]

    last = _last_readers(table)
    return Walk().eval().requires_grad_(False)


def _last_readers(table: Table) -> list[list[str]]:
    """For every layer, the values that nobody reads after it."""
    needed, spent = {table.output}, []
    for layer in reversed(table.layers):
        spent.append(sorted(set(layer.inputs) - needed))
        needed |= set(layer.inputs)
    return spent[::-1]


def module(layer: Layer) -> Any:
    """The nn layer of a row, with its parameters in it."""
    import torch

    made = _empty(layer)
    with torch.no_grad():
        for role, array in zip(OPERATORS[layer.op][1], layer.parameters):  # noqa: B905  (Python 3.9)
            getattr(made, role).copy_(torch.from_numpy(array.copy()))
    return made


def _empty(layer: Layer) -> Any:
    from torch import nn
    from torch.nn.utils import skip_init

    sides = [layer.attributes.get(key) for key in ("kernel", "stride", "padding")]
    widths = layer.parameters[0].shape[:2][::-1] if layer.parameters else ()
    if layer.op == "conv":
        return skip_init(nn.Conv2d, *widths, *sides, bias=False)
    if layer.op == "linear":
        return skip_init(nn.Linear, *widths)
    if layer.op == "batch_norm":
        return nn.BatchNorm2d(*widths, eps=layer.attributes["epsilon"])
    if layer.op == "max_pool":
        return nn.MaxPool2d(*sides)
    if layer.op == "global_average_pool":
        return nn.AdaptiveAvgPool2d(1)
    return {"relu": nn.ReLU, "add": _add(nn), "flatten": nn.Flatten}[layer.op]()


def _add(nn: Any) -> Any:
    class Add(nn.Module):  # type: ignore[misc]  # torch is untyped here
        def forward(self, one: Any, other: Any) -> Any:
            return one + other

    return Add
