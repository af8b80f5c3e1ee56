"""How late a wait may end: Linux lets waits that may be late share one wake-up (prctl(2), PR_SET_TIMERSLACK).

Threads and processes inherit it from the thread that starts them. What arrives in the meantime is not delayed by it.
"""

import ctypes
import sys

PR_SET_TIMERSLACK = 29
EXACT_NS, USUAL_NS, LATE_NS = 1, 50_000, 500_000_000


def waits(late_ns: int) -> None:
    """Waits of this thread, and of all that it starts from now on, may end so many nanoseconds late."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, late_ns, 0, 0, 0)
