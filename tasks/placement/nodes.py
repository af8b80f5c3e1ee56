"""What each node of a Ray cluster is and has, told by the node itself, in its own copy of the project.

A node that runs another state of the project would measure something else, so the state is compared: a digest of the
sources, whatever git says of them.
"""

import hashlib
import os
import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tasks import ROOT
from tasks.environment.hardware import probe
from tasks.errors import TouchstoneError
from tasks.placement.calls import Share
from tasks.placement.cluster import alive, place

SOURCES = ("flows/*.py", "tasks/**/*.py")


def survey() -> list[dict[str, Any]]:
    """Every living node: ``node`` (Ray's id) and what `described` tells, or ``lacks``, why it cannot measure."""
    ids = alive()
    with ThreadPoolExecutor(max_workers=max(1, len(ids))) as pool:
        return list(pool.map(_asked, ids, ids.values()))


def _asked(node: str, host: str) -> dict[str, Any]:
    here = source()
    try:
        told: dict[str, Any] = place(Share(node=node), described, say=lambda text: None)
    except TouchstoneError as error:
        return {"node": node, "host": host, "lacks": f"does not run the project ({error})"}
    if told["source"] != here:
        return {"node": node, **told, "lacks": f"has the project at {told['commit']}, not at {commit()}"}
    return {"node": node, **told, "lacks": ""}


def described(say: Callable[[str], None]) -> dict[str, Any]:
    """This node: host, usable cores, memory in bytes, accelerators, processor, state of the project."""
    offer = probe()
    return {
        "host": socket.gethostname(),
        "cores": sorted(os.sched_getaffinity(0))[: offer.cpus],
        "cpus": offer.cpus,
        "memory_bytes": offer.memory_bytes,
        "accelerators": list(offer.accelerators),
        "cpu_model": offer.cpu_model,
        "source": source(),
        "commit": commit(),
    }


def source() -> str:
    """SHA-256 over the project's Python files, by path and content."""
    digest = hashlib.sha256()
    for path in sorted(p for pattern in SOURCES for p in ROOT.glob(pattern)):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def commit() -> str:
    """The commit, for a person; says when files differ from it."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty=, with changes"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "an unknown commit"
