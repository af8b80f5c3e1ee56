"""Energy since some moment of the past, in joules: RAPL's domains and NVML's devices. Read before and after.

Nothing goes in; domain or device to joules comes out, or the reason why there is none as a sentence.
"""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import Any

from tasks.environment import reading
from tasks.environment.reading import UNREADABLE, below

NO_RAPL = "no RAPL in /sys/class/powercap"
LOCKED_RAPL = "RAPL's counters in /sys/class/powercap may be read by root only"
NO_NVML = "no NVIDIA driver"
OLD_NVML = "the GPU does not count its energy (before Volta)"


def read_energy() -> dict[str, Any]:
    """{"cpu": {package: J} or why not, "gpu": {device: J} or why not}; packages alone, as they hold their cores."""
    return {"cpu": _rapl(), "gpu": _nvml()}


def spent(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Joules between two readings, summed over what "cpu" and "gpu" have; or the reason why it is not known."""
    return {kind: _spent(before.get(kind, NO_RAPL), found) for kind, found in after.items()}


def _spent(earlier: Any, later: Any) -> Any:
    if isinstance(later, str) or isinstance(earlier, str):
        return later if isinstance(later, str) else earlier
    if earlier.keys() != later.keys() or any(later[name] < earlier[name] for name in later):
        return "the counter of energy ran over"
    return sum(later[name] - earlier[name] for name in later)


def _rapl() -> Any:
    zones = [path for path in reading.paths("sys/class/powercap/intel-rapl:[0-9]*") if path.name.count(":") == 1]
    packages = {path.name: below(path, "energy_uj") for path in zones if below(path, "name").startswith("package")}
    if not packages:
        return NO_RAPL
    if UNREADABLE in packages.values():
        return LOCKED_RAPL
    return {name: int(energy_uj) / 1e6 for name, energy_uj in packages.items()}


def _nvml() -> Any:
    library = _library()
    if library is None:
        return NO_NVML
    count, found = ctypes.c_uint(), {}
    library.nvmlDeviceGetCount_v2(ctypes.byref(count))
    for index in range(count.value):
        device, energy_mj = ctypes.c_void_p(), ctypes.c_ulonglong()
        library.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(device))
        if library.nvmlDeviceGetTotalEnergyConsumption(device, ctypes.byref(energy_mj)):
            return OLD_NVML
        found[str(index)] = energy_mj.value / 1e3
    return found or NO_NVML


@lru_cache(maxsize=1)
def _library() -> Any:
    """NVML, begun once a process: its start takes longer than a reading."""
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
        return library if library.nvmlInit_v2() == 0 else None
    except (OSError, AttributeError):
        return None
