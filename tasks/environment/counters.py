"""What disturbs a measurement, counted: stolen time, switches, throttling, load, clock; and energy. Before and after.

Snapshots are dictionaries that JSON can hold; each counter is a number or "unreadable", and what is unreadable is
never taken for quiet. `cpus` are the cores that the measurement uses.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import Any

from tasks.environment import limits, reading
from tasks.environment.energy import read_energy, spent
from tasks.environment.reading import UNREADABLE, fields, guarded, text

# Levels stand for a moment: they are shown from both ends; all others only grow, and are subtracted.
LEVELS = ("load_1m", "frequency_mhz")
TICKS_PER_S = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def read_counters(cpus: Iterable[int]) -> dict[str, Any]:
    """A snapshot: counters of the machine and of this process, and under "cpu" those of each core."""
    cores = sorted(cpus)
    stat = text("proc/stat")
    throttled = limits.throttling()
    return {
        "time_s": time.monotonic(),
        "load_1m": guarded(lambda: os.getloadavg()[0]),
        "context_switches": guarded(lambda: int(_line(stat, "ctxt")[0])),
        **_own(),
        "pinned": guarded(lambda: os.sched_getaffinity(0) <= set(cores)),
        "group_throttles": guarded(lambda: int(throttled["nr_throttled"])),
        "energy_j": read_energy(),
        "cpu": {str(cpu): _core(cpu, stat) for cpu in cores},
    }


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What happened between two snapshots, in the same shape; levels as `…_before` and `…_after`.

    "energy_j" has one number for "cpu" and "gpu", or the reason why there is none; "pinned" holds at both ends.
    """
    change: dict[str, Any] = {}
    for name, later in after.items():
        earlier = before.get(name, {} if isinstance(later, dict) else UNREADABLE)
        if name == "energy_j":
            change[name] = spent(earlier, later)
        elif name == "pinned":
            change[name] = UNREADABLE if UNREADABLE in (earlier, later) else earlier and later
        elif isinstance(later, dict):
            change[name] = difference(earlier, later)
        elif name in LEVELS:
            change.update({f"{name}_before": earlier, f"{name}_after": later})
        else:
            change[name] = UNREADABLE if UNREADABLE in (earlier, later) else later - earlier
    return change


def quiet(change: dict[str, Any], name: str, limit: float = 0) -> bool:
    """Whether this counter stayed within `limit`, on every core where it is one of a core; unreadable is not quiet."""
    values = [change[name]] if name in change else [core.get(name, UNREADABLE) for core in change["cpu"].values()]
    return bool(values) and all(value != UNREADABLE and value <= limit for value in values)


def _core(cpu: int, stat: str) -> dict[str, Any]:
    folder = f"sys/devices/system/cpu/cpu{cpu}"
    # user nice system idle iowait irq softirq steal, in ticks
    spent = [int(value) / TICKS_PER_S for value in _line(stat, f"cpu{cpu}")]
    return {
        "busy_s": sum(spent[:3]) + sum(spent[5:7]) if len(spent) > 7 else UNREADABLE,
        "steal_s": spent[7] if len(spent) > 7 else UNREADABLE,
        "throttles": reading.number(f"{folder}/thermal_throttle/core_throttle_count"),
        "frequency_mhz": _frequency_mhz(cpu, folder),
    }


def _frequency_mhz(cpu: int, folder: str) -> Any:
    khz = reading.number(f"{folder}/cpufreq/scaling_cur_freq")
    if khz != UNREADABLE:
        return khz / 1000
    blocks = (fields(block) for block in text("proc/cpuinfo").split("\n\n"))
    return guarded(lambda: next(float(block["cpu MHz"]) for block in blocks if block.get("processor") == str(cpu)))


def _own() -> dict[str, Any]:
    """Of all threads of this process."""
    try:
        import resource  # not on every system
    except ImportError:
        names = ("voluntary_switches", "involuntary_switches", "major_faults", "own_cpu_s")
        return dict.fromkeys(names, UNREADABLE)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "voluntary_switches": usage.ru_nvcsw,
        "involuntary_switches": usage.ru_nivcsw,
        "major_faults": usage.ru_majflt,
        "own_cpu_s": usage.ru_utime + usage.ru_stime,
    }


def _line(stat: str, name: str) -> list[str]:
    return next((line.split()[1:] for line in stat.splitlines() if line.split()[:1] == [name]), [])
