"""What a flow asks for: Prefect and Ray, from the environment, from this machine's services, or for this run alone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tasks import ROOT
from tasks.database import masked
from tasks.errors import TouchstoneError
from tasks.locks import alone
from tasks.services import children, known, prefect_database, settings
from tasks.services.known import Service
from tasks.specs.protocol import Services, Workers

Say = Callable[[str], None]
OURS = "TOUCHSTONE_PREFECT"  # the PREFECT_API_URL that we set ourselves, for this process and what it starts
PATIENCE_S = 180.0
NOT_INHERITED = ("PYTHON", "RAY_", "PREFECT__", "PREFECT_API_URL", OURS, "VIRTUAL_ENV")


@contextmanager
def prefect(services: Services, say: Say) -> Iterator[str]:
    """The server that Prefect's client speaks to, for the block; gives how it is had, for the user to read.

    Must be entered before Prefect is imported.
    """
    settings.apply()
    if url := named_prefect():
        yield f"Prefect at {masked(url)} (PREFECT_API_URL)"
    elif services.kind == "ephemeral":
        os.environ.pop("PREFECT_API_URL", None)
        _refresh()
        prefect_database.initialise(say)
        yield "an ephemeral Prefect server"
    else:
        with known.in_use():
            found = started(("prefect",), services.idle_s, say)["prefect"]
            prefect_database.require_same(found)
            os.environ["PREFECT_API_URL"] = os.environ[OURS] = f"{found.address}/api"
            _refresh()
            yield f"Prefect at {found.address}"


@contextmanager
def ray(services: Services, workers: Workers, say: Say) -> Iterator[str | None]:
    """The address of the Ray cluster to use, for the block; None: one for this run alone."""
    settings.apply()
    if named := named_ray(workers):
        yield named
    elif services.kind == "ephemeral":
        yield None
    else:
        with known.in_use():
            yield started(("ray",), services.idle_s, say)["ray"].address


def _refresh() -> None:
    """Where Prefect is imported already, it reads the environment once more."""
    if "prefect" in sys.modules:
        from prefect.context import refresh_global_settings_context

        refresh_global_settings_context()


def named_prefect() -> str | None:
    """PREFECT_API_URL, unless it is the one that we set."""
    url = os.environ.get("PREFECT_API_URL")
    return url if url != os.environ.get(OURS) else None


def named_ray(workers: Workers) -> str | None:
    """The cluster that the evaluation names, else RAY_ADDRESS."""
    return workers.address if workers.kind == "cluster" else os.environ.get("RAY_ADDRESS")


def started(names: tuple[str, ...], idle_s: float, say: Say) -> dict[str, Service]:
    """Those services, ready; starts a keeper when there is none. Raises `TouchstoneError` with their last words."""
    prefect_database.initialise(say)
    told, begin = 0.0, time.monotonic()
    while True:
        up = known.up()
        if set(names) <= set(up) and known.kept():
            return up
        _keeper(idle_s)
        for service in known.read().values():
            if service.name in names and service.failed:
                raise TouchstoneError(f"{service.failed} Its log: {children.log_of(service.name)}. {_OTHERWISE}")
        waited = time.monotonic() - begin
        if waited > PATIENCE_S:
            raise TouchstoneError(f"{' and '.join(names)} did not start within {PATIENCE_S:g} s. {_OTHERWISE}")
        if waited - told > 4 or not told:
            told = waited or 1e-9
            say(f"starting {' and '.join(n for n in names if n not in up)}; they stay up for the next run")
        time.sleep(0.1)


_OTHERWISE = "Run with services=ephemeral, or name your own in PREFECT_API_URL and RAY_ADDRESS."


def _keeper(idle_s: float) -> None:
    """Start a keeper unless there is one."""
    if known.kept():
        return
    with alone(settings.FOLDER / "lock"):
        if known.kept():
            return
        env = {k: v for k, v in os.environ.items() if not k.startswith(NOT_INHERITED)}
        env |= {
            k: os.environ[k] for k in (*settings.DEFAULTS, "PREFECT_HOME", "RAY_AUTH_TOKEN_PATH") if k in os.environ
        }
        with (settings.FOLDER / "keeper.log").open("a") as log:
            subprocess.run(
                [sys.executable, "-m", "tasks.services.keeper", str(idle_s)],
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                check=False,
            )
        deadline = time.monotonic() + 10
        while not known.kept() and time.monotonic() < deadline:
            time.sleep(0.05)


def down(say: Say) -> list[str]:
    """End the keeper and every service, also those that a killed keeper left; gives their names."""
    known.PINNED.unlink(missing_ok=True)
    running = [name for name, service in known.read().items() if service.alive]
    deadline = time.monotonic() + 60
    while known.kept() and time.monotonic() < deadline:
        for pid in _keepers():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        say(f"ending {', '.join(running) or 'the keeper'}")
        _until(lambda: not known.kept(), 20)
    for name in children.KINDS:
        children.end(name)
    return running


def _keepers() -> list[int]:
    """The keeper's process id, as its guard wrote it."""
    import json

    try:
        return [int(json.loads((settings.FOLDER / "keeper.json").read_text())["keeper"])]
    except (OSError, ValueError, KeyError):
        return []


def _until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)
