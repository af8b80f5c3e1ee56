"""The processes themselves: how each is started, how it says that it is ready, and how it ends with all it started."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tasks import ROOT
from tasks.services.known import Service
from tasks.services.settings import FOLDER

LOOPBACK = "127.0.0.1"
POOL = "touchstone"
MARK = "TOUCHSTONE_SERVICE"  # in the environment of a service and of everything it starts
PATIENCE_S = 10.0


@dataclass(frozen=True)
class Kind:
    """How one service is had. ``port``: the one that its users would guess."""

    port: int
    command: Callable[[int], list[str]]
    address: Callable[[int], str]
    ready: Callable[[Service], bool]
    parts: tuple[str, ...] = ()  # names of processes that it starts and cannot do without
    env: Callable[[int], dict[str, str]] = lambda port: {}


def start(name: str, port: int, env: dict[str, str]) -> Service:
    """Start it in a session of its own, its log in the services' folder."""
    kind = KINDS[name]
    with log_of(name).open("w") as log:
        process = subprocess.Popen(
            kind.command(port),
            cwd=ROOT,
            env={**env, **kind.env(port), MARK: _mark(name)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return Service(name, process.pid, psutil.Process(process.pid).create_time(), kind.address(port))


def parts_of(service: Service) -> list[psutil.Process]:
    """The processes without which a ready service is one in name only."""
    names = KINDS[service.name].parts
    if not names:
        return []
    with suppress(psutil.NoSuchProcess):
        return [p for p in psutil.Process(service.pid).children(recursive=True) if p.name() in names]
    return []


def end(name: str) -> None:
    """End every process of that service: it is asked first, and its children when it leaves them behind."""
    for ask in (signal.SIGTERM, signal.SIGKILL):
        mine = _processes(name)
        first = {p.pid for p in mine}
        for process in mine:
            with suppress(psutil.NoSuchProcess):
                if ask == signal.SIGKILL or process.ppid() not in first:
                    process.send_signal(ask)
        psutil.wait_procs(mine, timeout=PATIENCE_S)


def _processes(name: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(MARK) == _mark(name):
                found.append(process)
    return found


def _mark(name: str) -> str:
    return f"{FOLDER}:{name}"


def log_of(name: str) -> Path:
    """Where a service writes."""
    return FOLDER / f"{name}.log"


def last_words(name: str) -> str:
    """The last line of a service's log."""
    with suppress(OSError):
        lines = [line for line in log_of(name).read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it said nothing"
    return "it said nothing"


def free_port(preferred: int) -> int:
    """That port if nobody listens there, else any."""
    for port in (preferred, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            return int(probe.getsockname()[1])
    raise OSError("no free port on this machine")


def answers(url: str) -> bool:
    """Whether an HTTP server answers 200 there."""
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def _python(*words: str) -> list[str]:
    return [sys.executable, "-m", *words]


def _ray(port: int) -> list[str]:
    command = _python("tasks.services.ray_head", "--head", f"--port={port}")
    shape = [f"--num-cpus={len(os.sched_getaffinity(0))}", f"--object-store-memory={256 * 2**20}"]
    return [
        *command,
        *shape,
        f"--node-ip-address={LOOPBACK}",
        "--include-dashboard=false",
        "--include-log-monitor=false",
        "--no-monitor",
    ]


def _prefect_env(port: int) -> dict[str, str]:
    # The queue's store sweeps ten times a second, and hands that from one thread to the other when it has two.
    return {"PREFECT_SERVER_API_HOST": LOOPBACK, "PREFECT_SERVER_API_PORT": str(port), "TOKIO_WORKER_THREADS": "1"}


KINDS = {
    "prefect": Kind(
        4200,
        lambda port: _python("tasks.services.prefect_server", "start", "--host", LOOPBACK, "--port", str(port)),
        lambda port: f"http://{LOOPBACK}:{port}",
        lambda service: answers(f"{service.address}/api/health"),
        env=_prefect_env,
    ),
    "ray": Kind(
        0,
        _ray,
        lambda port: f"{LOOPBACK}:{port}",
        lambda service: "Ray runtime started" in log_of("ray").read_text(errors="replace"),
        parts=("raylet", "gcs_server"),
    ),
    "worker": Kind(
        0,
        lambda port: _python("prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", POOL),
        lambda port: f"work pool «{POOL}»",
        lambda service: "started!" in log_of("worker").read_text(errors="replace"),
    ),
    "mlflow": Kind(
        5000,
        lambda port: _python(
            *("mlflow", "server", "--host", LOOPBACK, "--port", str(port), "--workers", "1"),
        ),
        lambda port: f"http://{LOOPBACK}:{port}",
        lambda service: answers(f"{service.address}/health"),
        env=lambda port: {
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            # Not a word of the command: everyone on the machine could read a password in it.
            "MLFLOW_BACKEND_STORE_URI": os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{ROOT / 'mlflow.db'}",
        },
    ),
}
