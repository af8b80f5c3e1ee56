"""`python -I -S ray_head_waits.py PID …`: waits until one of its children with these numbers has ended.

Asked to end (SIGTERM), it asks them, each when the one before has ended, and waits for the last.
"""

import os
import signal
import sys
from typing import Any


def main(needed: list[int]) -> None:
    """Return when one has ended; when it was asked to end, all."""
    left, asked = list(needed), []

    def end(*_: Any) -> None:
        asked.append(True)
        for first in left[:1]:
            os.kill(first, signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    while left == needed or (asked and left):
        ended = os.wait()[0]
        if ended in left:
            left.remove(ended)
            if asked:
                end()


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]])
