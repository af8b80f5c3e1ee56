"""Prefect's database: which one, and made ready once, since two servers on a fresh one would race each other.

SQLite in this clone, or what PREFECT_SERVER_DATABASE_CONNECTION_URL (or …_API_…) names, which machines may share.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tasks import database
from tasks.errors import Refused, TouchstoneError
from tasks.locks import alone
from tasks.services.known import Service

NAMES = ("PREFECT_SERVER_DATABASE_CONNECTION_URL", "PREFECT_API_DATABASE_CONNECTION_URL")


def named() -> str:
    """The URL that the user's environment names, with its password; else nothing."""
    return next((os.environ[name] for name in NAMES if os.environ.get(name)), "")


def initialise(say: Callable[[str], None]) -> None:
    """Make it ready. Raises `TouchstoneError` when it is away or cannot be."""
    url = named()
    if database.shared(url):
        with database.alone(url) as held:
            if not held.made_for("Prefect", "flow_run"):
                _upgrade(say, held.name)
        return
    home = Path(os.environ["PREFECT_HOME"])
    ready = home / ("initialised" + (f"-{hashlib.sha256(url.encode()).hexdigest()[:12]}" if url else ""))
    if ready.exists():
        return
    with alone(home / "lock"):
        if not ready.exists():
            _upgrade(say, url or f"the one in {home}")
            ready.touch()


def require_same(service: Service) -> None:
    """Refuse a server that was started on another database than the one that the environment names."""
    if (url := database.masked(named())) and url != service.database:
        raise Refused(
            f"Prefect is up on {service.database or 'SQLite in this clone'}, and the environment names {url}. "
            "End it first: python -m flows.services down"
        )


def _upgrade(say: Callable[[str], None], name: str) -> None:
    say("initialising Prefect's database (once)")
    command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = database.masked(" ".join((done.stderr or done.stdout).strip().splitlines()[-1:]))
        raise TouchstoneError(f"Prefect's database, {name}, cannot be initialised: {last}")
