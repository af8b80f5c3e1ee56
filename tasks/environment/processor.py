"""The processor as the kernel shows it: model, cores, caches, nodes, and the settings that move its clock."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from tasks.environment import reading
from tasks.environment.reading import UNREADABLE, below, fields, guarded, text

CPU = "sys/devices/system/cpu"
UNITS = {"K": 1024, "M": 1024**2, "G": 1024**3}


def capture_processor() -> dict[str, Any]:
    """Everything about the processor; sizes in bytes, clocks in MHz, each value or "unreadable"."""
    info = fields(text("proc/cpuinfo"))
    return {
        "model": model(),
        "vendor": info.get("vendor_id", info.get("CPU implementer", UNREADABLE)),
        "microcode": info.get("microcode", UNREADABLE),
        "logical_cores": os.cpu_count() or UNREADABLE,
        "physical_cores": guarded(_physical_cores),
        "flags": sorted(info.get("flags", info.get("Features", "")).split()) or UNREADABLE,
        "caches": guarded(_caches),
        "numa_nodes": guarded(_nodes),
        "governors": governors(),
        "turbo": turbo(),
        "smt": smt(),
        "frequency_mhz": {
            "min": _mhz("cpuinfo_min_freq"),
            "max": _mhz("cpuinfo_max_freq"),
            "current": _mhz("scaling_cur_freq", info.get("cpu MHz")),
        },
    }


def model() -> str:
    """The name of the processor, such as "AMD EPYC 9554"."""
    info = fields(text("proc/cpuinfo"))
    for name in ("model name", "Hardware", "cpu model"):
        if info.get(name):
            return info[name]
    board = text("proc/device-tree/model")
    return board if board != UNREADABLE else platform.processor() or UNREADABLE


def governors() -> Any:
    """The frequency governors in use; one per kind, not per core."""
    found = {
        text(str(path.relative_to(reading.ROOT))) for path in reading.paths(f"{CPU}/cpu[0-9]*/cpufreq/scaling_governor")
    }
    return sorted(found) or UNREADABLE


def turbo() -> str:
    """ "on", "off", or "unreadable"."""
    known = {(f"{CPU}/intel_pstate/no_turbo", "0"): "on", (f"{CPU}/intel_pstate/no_turbo", "1"): "off"}
    known.update({(f"{CPU}/cpufreq/boost", "1"): "on", (f"{CPU}/cpufreq/boost", "0"): "off"})
    return next((state for (path, content), state in known.items() if text(path) == content), UNREADABLE)


def smt() -> str:
    """Whether two threads share a core now: "on", "off", or "unreadable"."""
    state = {"1": "on", "0": "off"}.get(text(f"{CPU}/smt/active"), UNREADABLE)
    # A guest sees the threads that it was given, not the cores that they may share with others.
    guest = "hypervisor" in fields(text("proc/cpuinfo")).get("flags", "").split()
    return UNREADABLE if guest and state == "off" else state


def _physical_cores() -> Any:
    folders = reading.paths(f"{CPU}/cpu[0-9]*/topology")
    cores = {(below(path, "physical_package_id"), below(path, "core_id")) for path in folders}
    return len(cores) or UNREADABLE


def _caches() -> Any:
    found = []
    for path in reading.paths(f"{CPU}/cpu0/cache/index[0-9]*"):
        entry: dict[str, Any] = {name: below(path, name) for name in ("level", "type", "shared_cpu_list")}
        found.append({**entry, "size_bytes": _bytes(below(path, "size")), "instances": _instances(path)})
    return found or UNREADABLE


def _instances(index: Path) -> int:
    """How many caches of this kind there are: each is seen by the cores that share it."""
    same = reading.paths(f"{CPU}/cpu[0-9]*/cache/{index.name}/shared_cpu_list")
    return len({text(str(path.relative_to(reading.ROOT))) for path in same})


def _bytes(size: str) -> Any:
    return guarded(lambda: int(size[:-1]) * UNITS[size[-1]] if size[-1] in UNITS else int(size))


def _nodes() -> Any:
    return {
        path.name[4:]: below(path, "cpulist") for path in reading.paths("sys/devices/system/node/node[0-9]*")
    } or UNREADABLE


def _mhz(name: str, otherwise: str | None = None) -> Any:
    khz = reading.number(f"{CPU}/cpu0/cpufreq/{name}")
    return khz / 1000 if khz != UNREADABLE else guarded(lambda: float(otherwise or ""))
