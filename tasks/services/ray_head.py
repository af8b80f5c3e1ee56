"""`python -m tasks.services.ray_head …`: `ray start --block` with these words, without what nobody asks here.

Ray starts a client server (for drivers from outside) and a dashboard's server even where both are declined, and stays
as a process of 200 MB that looks every second whether the others live. Each works beside what is being timed: here a
process that does nothing waits for them instead (`ray_head_waits.py`). A cluster of your own is started with Ray's
command, and has all of it.
"""

import os
import sys
from pathlib import Path
from typing import Any

import psutil
from ray._private.node import Node
from ray.scripts.scripts import main as ray

NEEDED = ("gcs_server", "raylet")
WAITS = Path(__file__).with_name("ray_head_waits.py")


def main(words: list[str]) -> None:
    """Ray's command «start» with these words; it ends when one of the `NEEDED` does."""
    for server in ("start_ray_client_server", "start_api_server"):
        setattr(Node, server, lambda node, **_: None)
    setattr(Node, "dead_processes", wait)  # noqa: B010  (mypy has no Node)
    sys.argv = ["ray", "start", "--block", *words]
    ray()


def wait(_: Any) -> None:
    """Become the process that waits: the same one for the kernel, which ends the others with it."""
    needed = [str(child.pid) for child in psutil.Process().children() if child.name() in NEEDED]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-I", "-S", str(WAITS), *needed])


if __name__ == "__main__":
    main(sys.argv[1:])
