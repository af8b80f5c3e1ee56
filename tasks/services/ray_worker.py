"""Ray's worker on time, though the raylet that starts it waits late (`ray_head.py`), and so may Ray's threads in it."""

import runpy
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[2])
    from ray._private import worker
    from ray._private.workers import default_worker

    from tasks.environment.timers import LATE_NS, USUAL_NS, waits

    connect = worker.connect

    def connected(*args: Any, **named: Any) -> None:
        waits(LATE_NS)
        connect(*args, **named)
        waits(USUAL_NS)

    worker.connect = connected
    waits(USUAL_NS)
    sys.path[0] = str(Path(default_worker.__file__).parent)
    runpy.run_path(default_worker.__file__, run_name="__main__")
