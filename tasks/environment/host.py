"""The machine: system, processor, memory, limits, virtualisation, clock, load, GPUs.

Nothing goes in; a dictionary that JSON can hold comes out, each value read or "unreadable". Never raises.
"""

from __future__ import annotations

import os
import platform
import socket
from typing import Any

from tasks.environment import limits, reading
from tasks.environment.gpus import capture_gpus
from tasks.environment.processor import capture_processor
from tasks.environment.reading import UNREADABLE, fields, guarded, text


def capture_host() -> dict[str, Any]:
    """Everything that describes this machine at this moment."""
    return {
        "hostname": guarded(socket.gethostname),
        "system": guarded(_system),
        "kernel": guarded(lambda: f"{platform.system()} {platform.release()}"),
        "machine": guarded(platform.machine),
        "libc": guarded(lambda: " ".join(platform.libc_ver()).strip() or UNREADABLE),
        "cpu": guarded(capture_processor),
        "memory": guarded(_memory),
        "limits": {"cpu_quota": guarded(limits.cpu_quota), "memory_bytes": guarded(limits.memory_limit_bytes)},
        "virtualisation": guarded(_virtualisation),
        "clock_source": text("sys/devices/system/clocksource/clocksource0/current_clocksource"),
        "transparent_huge_pages": guarded(
            lambda: text("sys/kernel/mm/transparent_hugepage/enabled").split("[")[1].split("]")[0]
        ),
        "load": guarded(lambda: [round(value, 2) for value in os.getloadavg()]),
        "uptime_s": guarded(lambda: float(text("proc/uptime").split()[0])),
        "gpus": guarded(capture_gpus),
    }


def memory_bytes(name: str) -> Any:
    """One line of /proc/meminfo in bytes, such as "MemTotal"."""
    return guarded(lambda: int(fields(text("proc/meminfo"))[name].split()[0]) * 1024)


def _system() -> str:
    """The distribution's own name, such as "Debian GNU/Linux 12 (bookworm)"."""
    lines = (line.partition("=") for line in text("etc/os-release").splitlines())
    return {name: value.strip('"') for name, _, value in lines}.get("PRETTY_NAME") or platform.platform()


def _memory() -> dict[str, Any]:
    names = {"total": "MemTotal", "available": "MemAvailable", "swap_total": "SwapTotal", "swap_free": "SwapFree"}
    return {f"{ours}_bytes": memory_bytes(theirs) for ours, theirs in names.items()}


def _virtualisation() -> dict[str, Any]:
    flags = fields(text("proc/cpuinfo")).get("flags")
    marks = {"docker": ".dockerenv", "podman": "run/.containerenv"}
    inside = [name for name, path in marks.items() if (reading.ROOT / path).exists()]
    inside += [name for name in ("kubepods", "lxc") if name in text("proc/self/cgroup")]
    return {
        "hypervisor": UNREADABLE if flags is None else "hypervisor" in flags.split(),
        "product": text("sys/class/dmi/id/product_name"),
        "vendor": text("sys/class/dmi/id/sys_vendor"),
        "container": inside[0] if inside else "none seen",
        "wsl": "microsoft" in platform.release().lower(),
    }
