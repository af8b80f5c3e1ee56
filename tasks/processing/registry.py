"""Where the decorated steps are remembered by name."""

from __future__ import annotations

from typing import Any, Callable, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

BEFORE: dict[str, Callable[..., Any]] = {}
AFTER: dict[str, Callable[..., Any]] = {}


class Undecodable(Exception):
    """A sample that cannot be read; it is counted, and fatal only above a stated share."""


def before(function: F) -> F:
    """Register a pre-processing step: one sample in, one sample out."""
    BEFORE[function.__name__] = function
    return function


def after(function: F) -> F:
    """Register a post-processing step: a batch of outputs in, a batch out."""
    AFTER[function.__name__] = function
    return function
