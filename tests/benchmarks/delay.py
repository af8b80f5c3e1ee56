"""A pre-processing step that only takes time, so that a difference of a known size can be planted. Not run alone."""

import time
from typing import Annotated, Any

from tasks.plugins import Range


def wait(image: Any, *, us: Annotated[float, Range(ge=0)]) -> Any:
    """The image, after a busy wait of so many microseconds."""
    end = time.perf_counter_ns() + int(1e3 * us)
    while time.perf_counter_ns() < end:
        pass
    return image
