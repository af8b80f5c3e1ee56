"""Running one agent on this node: its turn, its process, its progress, its end. Returns the result folder as bytes.

The agent is pinned by itself, dies with this process, is killed at its time limit, and whatever way it ends becomes a
sentence. Never touches the numbers.
"""

import io
import json
import os
import signal
import subprocess
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tasks import ROOT
from tasks.errors import MachineFault, Refused, TouchstoneError
from tasks.placement.turns import turn

Say = Callable[[str], None]
LESS_MEMORY = "Choose a smaller scenario.batch_size or model, or a machine with more memory."


def run_agent(python: str, request: dict[str, Any], env: dict[str, str], time_limit_s: float, say: Say) -> bytes:
    """Run one agent with the interpreter ``python``; the result folder comes back as a ZIP."""
    with tempfile.TemporaryDirectory(prefix="touchstone-") as place:
        asked, out = Path(place) / "request.json", Path(place) / "result"
        asked.write_text(json.dumps(request))
        with turn(timed=request["role"] == "timed", say=say):
            _run(
                [python, "-m", "tasks.agent", str(asked), str(out)],
                {**_environment(), **env},
                time_limit_s,
                request["role"],
                say,
            )
        return _packed(out)


def begun(say: Say) -> None:
    """Nothing; whoever calls it has imported what an agent's start needs."""


def _environment() -> dict[str, str]:
    """What the measured process inherits: nothing of Ray's, of the project's environment, or of Python's switches."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("RAY_", "PREFECT_", "MLFLOW_", "PYTHON", "VIRTUAL_ENV"))
    }
    extra = os.environ.get("PYTHONPATH", "")
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), extra])), "PYTHONDONTWRITEBYTECODE": "1"}


def _run(command: list[str], env: dict[str, str], time_limit_s: float, role: str, say: Say) -> None:
    process = subprocess.Popen(
        [*command, "--parent", str(os.getpid())],
        cwd=ROOT,
        env=env,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    late, killed = threading.Timer(time_limit_s, process.kill), _kills_for_memory()
    errors: list[str] = []
    listener = threading.Thread(target=lambda: errors.extend(process.stderr or ()), daemon=True)
    try:
        late.start()
        listener.start()
        for line in process.stdout or ():
            _relay(line, say)
        process.wait()
        listener.join()
    finally:
        expired = not late.is_alive()
        late.cancel()
        process.kill()
    if process.returncode:
        raise _reason(process.returncode, errors, role, time_limit_s if expired else None, _kills_for_memory() > killed)


def _relay(line: str, say: Say) -> None:
    try:
        say(json.loads(line)["progress"])
    except (ValueError, KeyError, TypeError):
        pass  # a framework's own chatter


def _reason(code: int, errors: list[str], role: str, expired_s: float | None, starved: bool) -> TouchstoneError:
    """How an agent ended, in a sentence: its own last line, the signal, the kernel for memory, or the time limit."""
    last = errors[-1].strip() if errors else "it said nothing"
    if expired_s is not None:
        return TouchstoneError(
            f"The {role} process ran longer than {expired_s:g} s and was killed. Raise scenario.time_limit_s."
        )
    if code < 0:
        name = signal.Signals(-code).name
        if name == "SIGKILL" and starved:
            return TouchstoneError(
                f"The {role} process was ended by the kernel: out of memory. {LESS_MEMORY} Last line: {last}"
            )
        kind = MachineFault if name in ("SIGKILL", "SIGTERM", "SIGHUP") else TouchstoneError
        return kind(f"The {role} process was ended by {name}. Last line: {last}")
    return Refused(last) if code == Refused.exit_code else TouchstoneError(last)


def _kills_for_memory() -> int:
    """How many processes the kernel has ended for memory since it started; 0 where it does not say."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
    except OSError:
        return 0


def _packed(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return buffer.getvalue()
