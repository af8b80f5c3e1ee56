"""`python -I -S ray_head_waits.py PID …`: waits until one of its children with these numbers has ended.

Asked to end (SIGTERM), it asks them, and waits for all of them.
"""

import os
import signal
import sys
from typing import Any


def main(needed: set[int]) -> None:
    """Return when one has ended; when it was asked to end, all."""
    left, asked = set(needed), []

    def end(*_: Any) -> None:
        asked.append(True)
        for child in left:
            os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    while left == needed or (asked and left):
        left.discard(os.wait()[0])


if __name__ == "__main__":
    main({int(word) for word in sys.argv[1:]})
