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
from tasks.errors import Refused, TouchstoneError
from tasks.placement.turns import turn

Say = Callable[[str], None]


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
    late = threading.Timer(time_limit_s, process.kill)
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
        raise _reason(process.returncode, errors, role, time_limit_s if expired else None)


def _relay(line: str, say: Say) -> None:
    try:
        say(json.loads(line)["progress"])
    except (ValueError, KeyError, TypeError):
        pass  # a framework's own chatter


def _reason(code: int, errors: list[str], role: str, expired_s: float | None) -> TouchstoneError:
    """How an agent ended, in a sentence: its own last line, the signal, or the time limit."""
    last = errors[-1].strip() if errors else "it said nothing"
    if expired_s is not None:
        return TouchstoneError(
            f"The {role} process ran longer than {expired_s:g} s and was killed. Raise scenario.time_limit_s."
        )
    if code < 0:
        name = signal.Signals(-code).name
        hint = " The kernel kills a process that takes too much memory this way." if name == "SIGKILL" else ""
        return TouchstoneError(f"The {role} process was ended by {name}.{hint} Last line: {last}")
    return Refused(last) if code == Refused.exit_code else TouchstoneError(last)


def _packed(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return buffer.getvalue()
