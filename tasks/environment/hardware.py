"""What this machine offers to this process, in milliseconds, so that a requirement can be answered before any work."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from tasks.environment import limits
from tasks.environment.gpus import capture_gpus, visible
from tasks.environment.host import memory_bytes
from tasks.environment.processor import model
from tasks.environment.reading import UNREADABLE, guarded


@dataclass(frozen=True)
class Offer:
    """Usable logical cores, memory in bytes, accelerators by name; what cannot be read is offered as nothing."""

    cpus: int
    memory_bytes: int
    accelerators: tuple[str, ...]
    cpu_model: str


def probe() -> Offer:
    """Affinity, control groups, and CUDA_VISIBLE_DEVICES are respected; nvidia-smi has three seconds."""
    gpus = guarded(capture_gpus)
    seen = [] if gpus == UNREADABLE else visible(gpus)
    return Offer(usable_cpus(), _memory_bytes(), tuple(str(gpu["name"]) for gpu in seen), guarded(model))


def usable_cpus() -> int:
    """Cores of the affinity, no more than the quota's whole cores, at least one."""
    allowed = guarded(lambda: len(os.sched_getaffinity(0)))
    cores: int = allowed if allowed != UNREADABLE else os.cpu_count() or 1
    quota = guarded(limits.cpu_quota)
    return cores if quota in (None, UNREADABLE) else max(1, min(cores, int(quota)))


def _memory_bytes() -> int:
    known: list[Any] = [memory_bytes("MemTotal"), guarded(limits.memory_limit_bytes)]
    if known[0] == UNREADABLE:
        known[0] = guarded(lambda: os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min((value for value in known if value not in (None, UNREADABLE)), default=0)
