"""Named steps before and after the model, and their composition into one function.

A step is one decorated function: `@before` turns one sample into the next form, `@after` works on a batch of outputs,
`@between` on what a pipeline carries from one model to the next. Its keyword-only parameters are its schema; all are
mandatory. Lean: standard library and numpy, Python 3.9; what a step names (Pillow) is imported when it is called.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, Callable

from tasks.errors import Refused
from tasks.processing.registry import AFTER, BEFORE, BETWEEN, SEAMS, Undecodable, after, before, between

__all__ = ["AFTER", "BEFORE", "BETWEEN", "SEAMS", "Undecodable", "after", "before", "between", "compose"]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")


def compose(
    steps: list[dict[str, Any]], known: dict[str, Callable[..., Any]], allowed: list[str]
) -> Callable[[Any], Any]:
    """One function that applies the steps in order.

    A step with a dot in its name is a function of a module; only modules in ``allowed`` are imported.
    """
    calls = [_bound(dict(step), known, allowed) for step in steps]

    def apply(value: Any) -> Any:
        for function, parameters in calls:
            value = function(value, **parameters)
        return value

    return apply


def _bound(
    step: dict[str, Any], known: dict[str, Callable[..., Any]], allowed: list[str]
) -> tuple[Callable[..., Any], dict[str, Any]]:
    name = step.pop("step")
    step.pop("extensions", None)
    if name in known:
        return known[name], step
    module, _, function = name.rpartition(".")
    if module not in allowed:
        raise Refused(
            f"Step «{name}» runs code of «{module}», which is not allowed. Allow it with 'allow_modules=[{module}]'."
        )
    try:
        return getattr(importlib.import_module(module), function), step
    except (ImportError, AttributeError) as error:
        raise Refused(f"Step «{name}» cannot be had: {error}. Put {module} on PYTHONPATH of the flow.") from error
