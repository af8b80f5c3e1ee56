"""A signature is a schema: the keyword-only parameters of a plug-in become the fields of a frozen manifest.

In: a function, the name of the field that selects it, and its name. Out: a pydantic model that refuses what the
function would not accept, before anything is run. Parameters without a default are mandatory in the YAML.
"""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import Field, create_model

from tasks.plugins import Range
from tasks.specs.base import Spec


def manifest_of(function: Callable[..., Any], tag: str, name: str, base: type[Spec] = Spec) -> type[Spec]:
    """The manifest model of one plug-in; ``tag`` is the selecting field, whose only value is ``name``."""
    fields: dict[str, Any] = {tag: (Literal[name], ...)}
    fields.update(_parameters(function))
    return create_model(
        f"{name.title().replace('_', '')}{tag.title()}", __base__=base, __doc__=_summary(function), **fields
    )


def options_of(function: Callable[..., Any], title: str) -> type[Spec]:
    """The manifest model of a plug-in's options, without a selecting field."""
    return create_model(title, __base__=Spec, __doc__=_summary(function), **_parameters(function))


def _parameters(function: Callable[..., Any]) -> dict[str, Any]:
    hints = get_type_hints(function, include_extras=True)
    keyword_only = (p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY)
    return {p.name: (_constrained(hints[p.name]), ... if p.default is p.empty else p.default) for p in keyword_only}


def _constrained(hint: Any) -> Any:
    """Our `Range` mark in a lean signature, as pydantic's own constraint; inside a list too."""
    if get_origin(hint) is list:
        return tuple[_constrained(get_args(hint)[0]), ...]  # type: ignore[misc]
    if get_origin(hint) is not Annotated:
        return hint
    inner, *marks = get_args(hint)
    limits: dict[str, Any] = {}
    for mark in marks:
        if isinstance(mark, Range):
            limits.update({k: v for k, v in vars(mark).items() if v is not None})
    return Annotated[inner, Field(**limits)]


def _summary(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").split("\n")[0]
