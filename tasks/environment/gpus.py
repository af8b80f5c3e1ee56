"""NVIDIA GPUs as nvidia-smi tells of them: a list, empty without any, or "unreadable" when it does not answer."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

from tasks.environment.reading import UNREADABLE

LIMIT_S = 3.0
BASIC = ("index", "uuid", "name", "memory.total", "driver_version")
FURTHER = ("compute_cap", "power.limit", "clocks.max.sm", "clocks.sm", "ecc.mode.current", "persistence_mode")
MISSING = ("", "[N/A]", "[Not Supported]", "N/A", "[Unknown Error]")


def capture_gpus() -> Any:
    """One dictionary per GPU; memory in bytes, the rest as nvidia-smi writes it, units included."""
    rows = _query(BASIC + FURTHER)
    # An older nvidia-smi refuses the whole question for one field that it does not know.
    return rows if rows != UNREADABLE else _query(BASIC)


def visible(gpus: list[dict[str, Any]], environment: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Those that CUDA_VISIBLE_DEVICES leaves to a process; all when it is not set."""
    chosen = (os.environ if environment is None else environment).get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return gpus
    found = []
    for word in (part.strip() for part in chosen.split(",")):
        same = [gpu for gpu in gpus if word and (gpu["index"] == word or str(gpu["uuid"]).startswith(word))]
        # As in CUDA: what follows the first name that is none is not seen.
        if not same:
            break
        found += same[:1]
    return found


def _query(names: tuple[str, ...]) -> Any:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    command = [program, f"--query-gpu={','.join(names)}", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return UNREADABLE
    if done.returncode != 0:
        return [] if "No devices were found" in done.stdout + done.stderr else UNREADABLE
    return [_row(names, line) for line in done.stdout.splitlines() if line.count(",") == len(names) - 1]


def _row(names: tuple[str, ...], line: str) -> dict[str, Any]:
    values = [value.strip() for value in line.split(",")]
    row: dict[str, Any] = dict.fromkeys(BASIC + FURTHER, UNREADABLE)
    row.update({name: values[place] for place, name in enumerate(names) if values[place] not in MISSING})
    size, _, unit = str(row.pop("memory.total")).partition(" ")
    row["memory_bytes"] = int(size) * 1024**2 if size.isdigit() and unit == "MiB" else UNREADABLE
    return {name.replace(".", "_"): value for name, value in row.items()}
