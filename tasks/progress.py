"""Progress for a person: one line a message on standard error, with the step it belongs to."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_begin = time.monotonic()
_part = ContextVar("part", default="")


@contextmanager
def part(name: str) -> Iterator[None]:
    """What is said in the block, and in what it starts, begins with that name: one of several that run at once."""
    token = _part.set(f"{name} " if name else "")
    try:
        yield
    finally:
        _part.reset(token)


def say(step: str) -> Callable[[str], None]:
    """A function that prints messages of one step."""

    step = _part.get() + step

    def tell(text: str) -> None:
        # One write a line: several threads speak.
        sys.stderr.write(f"{time.monotonic() - _begin:6.1f} s  {step:<10} {text}\n")
        sys.stderr.flush()

    return tell
