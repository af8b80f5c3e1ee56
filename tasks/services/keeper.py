"""`python -m tasks.services.keeper IDLE_S`: starts the services, revives what dies, ends all when nobody needs them.

Two processes, each of which makes the other anew: a guard that waits, and the keeper. A run needs them (the lock
`known.in_use`), so does `up`, and so does a deployment with a schedule, which Prefect is asked for. What stands in
`services.json` is adopted, so that the death of a keeper ends no service.
"""

import fcntl
import json
import os
import signal
import sys
import time
import urllib.request
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import psutil

from tasks.database import masked
from tasks.services import children, known, prefect_database, settings
from tasks.services.known import Service

ALWAYS = ("prefect", "ray")
LOOK_S, CALM_S, ASK_S = 0.25, 4.0, 30.0  # seldom when all is well: it works beside what is timed
START_S = 120.0
TRIES = 3


class Keeper:
    """One keeper's view: what runs, when it was last needed, what failed how often."""

    def __init__(self, idle_s: float) -> None:
        self.idle_s, self.needed_at, self.asked_at = idle_s, time.monotonic(), 0.0
        self.scheduled = self.deployed = self.ending = False
        self.services = known.read()
        self.since: dict[str, float] = {}
        self.failures: dict[str, int] = {}
        self.parts: dict[int, list[psutil.Process]] = {}  # of a service, by its process id
        self.told = Event()
        signal.signal(signal.SIGTERM, self._end)

    def _end(self, *_: Any) -> None:
        self.ending = True
        self.told.set()

    def keep(self, guard: int) -> bool:
        """Until it is over: True. False when the guard has died, and this process must become one."""
        while settings.FOLDER.exists() and not self.ending:
            if os.getppid() != guard:
                return False
            for name in self._wanted():
                self._revive(name)
            self._ask()
            if self._idle():
                with known.unused() as free:
                    if free:
                        self._end_all()
                        return True
            self._rest()
        self._end_all()
        return True

    def _rest(self) -> None:
        """Until the next look, or until it is to end."""
        calm = all(self._up(name) for name in self._wanted())
        self.told.wait(CALM_S if calm else LOOK_S)

    def _wanted(self) -> list[str]:
        return [*dict.fromkeys([*ALWAYS, *known.pinned(), *(["worker"] if self.deployed else [])])]

    def _revive(self, name: str) -> None:
        """One step for one service: start it, see whether it is ready, or give up for a while."""
        service = self.services.get(name)
        now = time.monotonic()
        if service and service.failed:
            if now - self.since[name] > START_S:
                self.failures[name] = 0
                self._set(name, None)
        elif service is None or not service.alive or (service.ready and self._crippled(service)):
            self._start(name, service)
        elif not service.ready and children.KINDS[name].ready(service):
            self.failures[name] = 0
            self._set(name, replace(service, ready=True))
        elif not service.ready and now - self.since.setdefault(name, now) > START_S:
            children.end(name)

    def _crippled(self, service: Service) -> bool:
        """Whether it has lost a process that it cannot do without, while the one that was started lives on."""
        if service.pid not in self.parts:
            self.parts[service.pid] = children.parts_of(service)
        parts = self.parts[service.pid]
        return len(parts) < len(children.KINDS[service.name].parts) or not all(p.is_running() for p in parts)

    def _start(self, name: str, before: Service | None) -> None:
        if name == "worker" and not self._up("prefect"):
            return
        self.failures[name] = self.failures.get(name, -1) + 1
        self.since[name] = time.monotonic()
        if self.failures[name] >= TRIES and before:
            self._set(name, replace(before, failed=masked(f"{name} ended {TRIES} times: {children.last_words(name)}")))
            return
        children.end(name)  # what a dead one left behind
        port = children.free_port(_port(before) or children.KINDS[name].port)
        env = {k: v for k, v in os.environ.items() if k != "PREFECT_API_URL"}
        if name == "worker":
            env["PREFECT_API_URL"] = f"{self.services['prefect'].address}/api"
        began = children.start(name, port, env)
        self._set(name, replace(began, database=masked(prefect_database.named()) if name == "prefect" else ""))

    def _up(self, name: str) -> bool:
        return name in self.services and self.services[name].ready and self.services[name].alive

    def _set(self, name: str, service: Service | None) -> None:
        self.services = {k: v for k, v in {**self.services, name: service}.items() if v}
        known.write(self.services)

    def _ask(self) -> None:
        """Prefect, now and then, whether anything is deployed, and anything on a schedule."""
        due = time.monotonic() - self.asked_at >= ASK_S or known.asked()
        if not due or not self._up("prefect"):
            return
        self.asked_at = time.monotonic()
        try:
            found = deployments(self.services["prefect"].address)
        except (OSError, ValueError):
            return  # the answer before this one holds
        self.deployed = bool(found)
        self.scheduled = any(not d["paused"] and any(s["active"] for s in d["schedules"]) for d in found)

    def _idle(self) -> bool:
        with known.unused() as free:
            if not free or known.pinned() or self.scheduled or not self._up("prefect"):
                self.needed_at = time.monotonic()
        return time.monotonic() - self.needed_at > self.idle_s

    def _end_all(self) -> None:
        for name in ("worker", "mlflow", "ray", "prefect"):
            if name in self.services:
                children.end(name)
        if settings.FOLDER.exists():  # ports are remembered, so that addresses stay
            known.write({n: replace(s, pid=0, ready=False, failed="") for n, s in self.services.items()})


def deployments(address: str) -> list[dict[str, Any]]:
    """Every deployment that the Prefect server knows."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/api/deployments/filter", b"{}", headers)
    with urllib.request.urlopen(request, timeout=5) as reply:
        return list(json.loads(reply.read()))


def _port(service: Service | None) -> int:
    last = service.address.rpartition(":")[2] if service else ""
    return int(last) if last.isdigit() else 0


def main(idle_s: float) -> None:
    """Guard and keeper; returns when it is over."""
    while True:
        guard = os.getpid()
        child = os.fork()
        if child == 0:
            if Keeper(idle_s).keep(guard):
                os._exit(0)
            continue  # the guard is gone: this process takes its place
        (settings.FOLDER / "keeper.json").write_text(json.dumps({"guard": guard, "keeper": child}))
        ended, status = os.wait()
        while ended != child:  # services that this process started when it was the keeper
            ended, status = os.wait()
        if os.waitstatus_to_exitcode(status) == 0:
            return
        time.sleep(LOOK_S)


def detached(idle_s: float) -> None:
    """In a session of its own, child of nobody, and alone in this clone."""
    if os.fork():
        os._exit(0)
    lock = Path(known.KEEPER).open("a")  # noqa: SIM115  (held to the end, by guard and keeper)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    main(idle_s)


if __name__ == "__main__":
    detached(float(sys.argv[1]))
