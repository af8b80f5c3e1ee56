"""Who watches this process and slows it down: debuggers, tracers, profilers."""

from __future__ import annotations

import os
import sys
from typing import Any

from tasks.environment.reading import UNREADABLE, fields, guarded, text

# Variables that switch a framework's or a driver's profiler on.
SWITCHES = (
    "MXNET_PROFILER_AUTOSTART", "CUDA_INJECTION64_PATH", "CUDA_PROFILE", "NVPROF_ID", "LD_AUDIT", "ONEDNN_VERBOSE",
    "DNNL_VERBOSE", "MKL_VERBOSE", "PYTHONDEVMODE", "PYTHONTRACEMALLOC",
)  # fmt: skip
OFF = ("", "0")


def watching() -> list[str]:
    """The name of each that is seen; [] when none is."""
    seen = [f"${name}" for name in SWITCHES if os.environ.get(name, "") not in OFF]
    seen += ["sys.settrace"] if sys.gettrace() else []
    seen += ["sys.setprofile"] if sys.getprofile() else []
    monitoring: Any = getattr(sys, "monitoring", None)
    tools = [monitoring.get_tool(i) for i in range(6)] if monitoring else []
    seen += [f"sys.monitoring ({tool})" for tool in tools if tool]
    tracer = guarded(lambda: int(fields(text("proc/self/status"))["TracerPid"]))
    return seen + ([f"a tracer (process {tracer})"] if tracer not in (0, UNREADABLE) else [])
