"""Where the decorated steps are remembered by name."""

from __future__ import annotations

from typing import Any, Callable, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

BEFORE: dict[str, Callable[..., Any]] = {}
AFTER: dict[str, Callable[..., Any]] = {}
BETWEEN: dict[str, Callable[..., Any]] = {}
SEAMS: dict[str, tuple[str, str]] = {}  # of a step between: the kind of answer that it takes, and what it gives


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


def between(takes: str, gives: str) -> Callable[[F], F]:
    """Register a step between the models of a pipeline: what is carried in, what is carried on.

    Kinds: «picture», «boxes», and «classes» are answers, «pictures» are what the next model begins with.
    """

    def register(function: F) -> F:
        BETWEEN[function.__name__] = function
        SEAMS[function.__name__] = (takes, gives)
        return function

    return register
