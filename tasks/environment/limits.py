"""What the control groups of this process allow, version 1 or 2: cores, memory, and how often it was throttled.

None means no limit, "unreadable" that there is no way to know. A limit counts from any group up to the root.
"""

from __future__ import annotations

from typing import Any

from tasks.environment import reading
from tasks.environment.reading import UNREADABLE

# Version 1 says "no limit" with the largest multiple of a page that its counter holds.
BOUNDLESS = 2**60


def cpu_quota() -> Any:
    """Cores' worth of time per second, such as 1.5."""
    quotas = [_quota_v2(content) for content in _files("", "cpu.max")]
    for folder in _folders("cpu"):
        quota, period = reading.number(f"{folder}/cpu.cfs_quota_us"), reading.number(f"{folder}/cpu.cfs_period_us")
        if UNREADABLE not in (quota, period):
            quotas.append(quota / period if quota > 0 else None)
    return _smallest(quotas, "cpu")


def memory_limit_bytes() -> Any:
    """The bytes above which processes are killed."""
    contents = _files("", "memory.max") + _files("memory", "memory.limit_in_bytes")
    values = [None if content == "max" else int(content) for content in contents]
    return _smallest([None if value is None or value >= BOUNDLESS else value for value in values], "memory")


def throttling() -> dict[str, str]:
    """The own group's cpu.stat: name to count."""
    for content in _files("", "cpu.stat") + _files("cpu", "cpu.stat"):
        return dict(line.split(None, 1) for line in content.splitlines() if " " in line)
    return {}


def _quota_v2(content: str) -> float | None:
    quota, _, period = content.partition(" ")
    return None if quota == "max" else int(quota) / int(period or 100_000)


def _smallest(values: list[Any], controller: str) -> Any:
    if not values:
        # The root group has no limits and no files for them; other folders without files tell nothing.
        groups = _groups()
        return None if groups.get(controller, groups.get("")) == "/" else UNREADABLE
    return min((value for value in values if value is not None), default=None)


def _files(controller: str, name: str) -> list[str]:
    found = [reading.text(f"{folder}/{name}") for folder in _folders(controller)]
    return [content for content in found if content != UNREADABLE]


def _folders(controller: str) -> list[str]:
    """The own group's folder and those above it; inside a container the mount itself may be the own group."""
    mount = f"sys/fs/cgroup/{controller}".rstrip("/")
    group = _groups().get(controller)
    if group is None:
        return []
    parts = [part for part in group.split("/") if part not in ("", "..")]
    return [mount + "".join(f"/{part}" for part in parts[:count]) for count in range(len(parts), -1, -1)]


def _groups() -> dict[str, str]:
    """Controller to group; "" is the one hierarchy of version 2."""
    lines = (line.split(":", 2) for line in reading.text("proc/self/cgroup").splitlines() if line.count(":") >= 2)
    return {controller: group for _, controllers, group in lines for controller in controllers.split(",")}
