"""The Prefect server that a flow speaks to: the one PREFECT_API_URL names, or an ephemeral one in this clone.

Must be called before Prefect is imported. The database of a clone is initialised once, under a lock: two ephemeral
servers on a fresh one would race each other's migrations.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tasks import ROOT
from tasks.errors import TouchstoneError
from tasks.locks import alone

HOME = ROOT / ".touchstone" / "prefect"
DEFAULTS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",  # our sentences are the console; Prefect's log is in its UI
    "PREFECT_LOGGING_LEVEL": "INFO",
}


def prepare(say: Callable[[str], None]) -> str:
    """Set the environment; returns how the server is had, for the user to read."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    if os.environ.get("PREFECT_API_URL"):
        return f"Prefect at {os.environ['PREFECT_API_URL']}"
    os.environ.setdefault("PREFECT_HOME", str(HOME))
    _initialise(say)
    return "an ephemeral Prefect server"


@contextmanager
def explained() -> Iterator[None]:
    """What Prefect's client says when its server cannot do its work, as a sentence."""
    from httpx import HTTPError
    from prefect.exceptions import PrefectException

    try:
        yield
    except (HTTPError, PrefectException, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "server" not in str(error).lower():
            raise
        server = os.environ.get("PREFECT_API_URL") or f"the ephemeral server (database in {os.environ['PREFECT_HOME']})"
        raise TouchstoneError(
            f"Prefect failed: {_line(error)} It speaks to {server}; make sure that it is up and its disk has room."
        ) from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(".") + "."


def _initialise(say: Callable[[str], None]) -> None:
    ready = HOME / "initialised"
    with alone(HOME / "lock"):
        if ready.exists():
            return
        say("initialising Prefect's database in this clone (once)")
        command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            raise TouchstoneError(f"Prefect's database in {HOME} cannot be initialised: {' '.join(last)}")
        ready.touch()
