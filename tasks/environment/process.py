"""The process that measures, told by itself: Python, packages, cores, variables, memory, and how good its clock is.

Nothing goes in; a dictionary that JSON can hold comes out. Variables are taken by name from a list of what changes a
measurement; whatever could be a secret is left out.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import sys
import time
from typing import Any

from tasks.environment.profilers import watching
from tasks.environment.reading import UNREADABLE, fields, guarded, text

TELLING = (
    "OMP_ GOMP_ KMP_ MKL_ OPENBLAS_ BLIS_ VECLIB_ NUMEXPR_ ONEDNN_ DNNL_ ORT_ CUDA_ CUDNN_ CUBLAS_ NVIDIA_ "
    "NCCL_ TF_ XLA_ MXNET_ TORCH_ PYTORCH_ ATEN_ TVM_ JAX_ OPENCV_ MALLOC_ GLIBC_TUNABLES LD_PRELOAD "
    "LD_LIBRARY_PATH LD_BIND_NOW "
    "PYTHONHASHSEED PYTHONOPTIMIZE PYTHONMALLOC PYTHONNOUSERSITE PYTHONDONTWRITEBYTECODE KERAS_BACKEND TOUCHSTONE_"
)
PREFIXES = tuple(TELLING.split())
SECRET = re.compile(r"TOKEN|SECRET|PASS|CREDENTIAL|AUTH|COOKIE|(^|_)(API|ACCESS|PRIVATE)?_?KEY($|_)", re.IGNORECASE)
# Terraform's variables begin like TensorFlow's, and hold anything.
NOT_OURS = ("TF_VAR_", "TF_CLI_", "TF_TOKEN_", "TF_CLOUD_", "TF_HTTP_")
CALLS = 20_000


def capture_process(packages: bool = True) -> dict[str, Any]:
    """This process at this moment; `packages` lists what is installed beside it (a tenth of a second or more)."""
    return {
        "pid": os.getpid(),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "compiler": guarded(platform.python_compiler),
        "executable": sys.executable,
        "packages": guarded(_packages) if packages else "not asked",
        "affinity": guarded(lambda: sorted(os.sched_getaffinity(0))),
        "nice": guarded(lambda: os.getpriority(os.PRIO_PROCESS, 0)),
        "threads": guarded(lambda: int(fields(text("proc/self/status"))["Threads"])),
        "variables": guarded(_variables),
        "usage": guarded(_usage),
        "memory_peak_bytes": memory_peak_bytes(),
        "profilers": guarded(watching),
        "clock": guarded(_clock),
    }


def memory_peak_bytes() -> Any:
    """The most memory this process ever held (VmHWM); unlike ru_maxrss, without what its parent held before exec."""
    return guarded(lambda: int(fields(text("proc/self/status"))["VmHWM"].split()[0]) * 1024)


def _packages() -> dict[str, str]:
    found = ((dist.metadata["Name"], dist.version) for dist in importlib.metadata.distributions())
    return dict(sorted((name, version) for name, version in found if name))


def _variables() -> dict[str, str]:
    names = (name for name in os.environ if name.startswith(PREFIXES) and not name.startswith(NOT_OURS))
    told = {name: os.environ[name] for name in sorted(names) if not SECRET.search(name)}
    # user:password@host inside an address
    return {name: "withheld" if re.search(r"://[^/\s]*@", value) else value for name, value in told.items()}


def _usage() -> dict[str, Any]:
    import resource  # not on every system

    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "user_s": usage.ru_utime,
        "system_s": usage.ru_stime,
        "voluntary_switches": usage.ru_nvcsw,
        "involuntary_switches": usage.ru_nivcsw,
        "minor_faults": usage.ru_minflt,
        "major_faults": usage.ru_majflt,
    }


def _clock() -> dict[str, Any]:
    """The smallest step that two readings show, and what one reading costs, both in nanoseconds, measured here."""
    readings = [time.perf_counter_ns() for _ in range(CALLS)]
    steps = [step for step in (readings[i + 1] - readings[i] for i in range(CALLS - 1)) if step > 0]
    return {
        "implementation": time.get_clock_info("perf_counter").implementation,
        "resolution_ns": min(steps) if steps else UNREADABLE,
        "cost_ns": (readings[-1] - readings[0]) / (CALLS - 1),
    }
