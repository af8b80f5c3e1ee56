"""Progress for a person: one line a message on standard error, with the step it belongs to."""

import sys
import time
from collections.abc import Callable

_begin = time.monotonic()


def say(step: str) -> Callable[[str], None]:
    """A function that prints messages of one step."""

    def tell(text: str) -> None:
        print(f"{time.monotonic() - _begin:6.1f} s  {step:<10} {text}", file=sys.stderr, flush=True)

    return tell
