"""`python -m tasks.services.ray_head …`: `ray start --block` with these words, without what nobody asks here.

Ray starts a client server (for drivers from outside) and a dashboard's server even where both are declined, and stays
as a process of 200 MB that looks every second whether the others live. Each works beside what is being timed: here a
process that does nothing waits for them instead (`ray_head_waits.py`). About 25 threads of the others look four times
a second each for what may have come unseen; here such a look waits for another's. A cluster of your own is started with
Ray's command, and has all of it.
"""

import os
import sys
from pathlib import Path
from typing import Any

import psutil
from ray._private import services
from ray._private.node import Node
from ray._private.workers import __path__ as workers
from ray.scripts.scripts import main as ray

from tasks.environment.timers import LATE_NS, USUAL_NS, waits

NEEDED = ("raylet", "gcs_server")  # asked to end in this order: a raylet whose head is ending waits for it forever
WAITS = Path(__file__).with_name("ray_head_waits.py")
WORKER = str(Path(workers[0], "default_worker.py")), str(Path(__file__).with_name("ray_worker.py"))
start = services.start_ray_process


def main(words: list[str]) -> None:
    """Ray's command «start» with these words; it ends when one of the `NEEDED` does."""
    for server in ("start_ray_client_server", "start_api_server"):
        setattr(Node, server, lambda node, **_: None)
    setattr(Node, "dead_processes", wait)  # noqa: B010  (mypy has no Node)
    setattr(services, "start_ray_process", late)  # noqa: B010
    sys.argv = ["ray", "start", "--block", *words]
    ray()


def late(command: list[str], *args: Any, **named: Any) -> Any:
    """Start that process of Ray, whose waits may end late; its workers' may not."""
    waits(LATE_NS)
    try:
        return start([word.replace(*WORKER) for word in command], *args, **named)
    finally:
        waits(USUAL_NS)


def wait(_: Any) -> None:
    """Become the process that waits: the same one for the kernel, which ends the others with it."""
    pids = {child.name(): str(child.pid) for child in psutil.Process().children()}
    needed = [pids[name] for name in NEEDED]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-I", "-S", str(WAITS), *needed])


if __name__ == "__main__":
    main(sys.argv[1:])
