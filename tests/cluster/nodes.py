"""Ray nodes with separate file systems on one machine: each has its own clone, cache, and host name, in namespaces.

Needs root for the namespaces; a node's files lie over this clone's paths, where only it sees them. The head is this
clone itself. A driver may have such a place too, and be no node: `outside`.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil

from tasks import ROOT

RAY = str(Path(sys.executable).with_name("ray"))
CACHE = Path(os.environ.get("TOUCHSTONE_CACHE") or Path.home() / ".cache" / "touchstone")
INTO = (
    "set -e; hostname $NAME; mkdir -p $CLONE/.venv $CACHE; mount --bind $ROOT/.venv $CLONE/.venv; "
    'mount --bind $OWN $CACHE; mount --rbind $CLONE $ROOT; cd $ROOT; exec "$@"'
)
NAMESPACES = ["unshare", "--mount", "--uts", "--propagation", "private"]
POSSIBLE = subprocess.run([*NAMESPACES, "true"], capture_output=True, check=False).returncode == 0
REASON = "namespaces need root: a second file system cannot be had"


class Place:
    """A clone and a cache of its own, seen at this clone's paths by what is started inside."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.clone, self.own = name, folder / name / "clone", folder / name / "cache"
        copy(self.clone)
        self.own.mkdir()
        shutil.copy(os.environ["RAY_AUTH_TOKEN_PATH"], self.own / "ray-token")

    def inside(self, *command: str) -> list[str]:
        return [*NAMESPACES, "sh", "-c", INTO, "sh", *command]

    def env(self) -> dict[str, str]:
        paths = {"ROOT": ROOT, "CLONE": self.clone, "OWN": self.own, "CACHE": CACHE}
        return {"NAME": self.name, **{k: str(v) for k, v in paths.items()}}


class Cluster:
    """A head on this clone's files, and node2 on its own."""

    def __init__(self, folder: Path) -> None:
        self.mark, self.folder = folder.name, folder
        self.env = {**os.environ, "MARK": self.mark, "RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S": "15"}
        self.port, self.client_port = free_port(), free_port()
        self.node2 = Place("node2", folder)

    @property
    def inner(self) -> str:
        """The address for a driver on a node."""
        return f"127.0.0.1:{self.port}"

    @property
    def outer(self) -> str:
        """The address for a driver anywhere."""
        return f"ray://127.0.0.1:{self.client_port}"

    def start(self) -> None:
        """Both nodes; they are seen a few seconds later."""
        shape = ["--block", "--num-cpus=1", f"--object-store-memory={100 * 2**20}"]
        ports = [f"--port={self.port}", f"--ray-client-server-port={self.client_port}", "--node-ip-address=127.0.0.1"]
        head = [RAY, "start", "--head", *ports, "--include-dashboard=false", f"--temp-dir=/tmp/ts-{self.mark[-8:]}"]
        self.started([*head, *shape], NODE="1")
        until(lambda: listens(self.port), "the head listens")
        time.sleep(3)
        join = [RAY, "start", f"--address={self.inner}", "--node-ip-address=127.0.0.2", *shape]
        self.started(self.node2.inside(*join), **self.node2.env(), NODE="2")

    def started(self, command: list[str], **variables: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command, cwd=ROOT, env={**self.env, **variables}, stdout=-3, stderr=-3, text=True, start_new_session=True
        )

    def outside(self) -> Place:
        """A third place, where a driver can be that is no node."""
        return Place("outside", self.folder)

    def processes(self, **variables: str) -> list[psutil.Process]:
        """What this cluster started, and has these variables in its environment."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                environ = process.environ()
                if {"MARK": self.mark, **variables}.items() <= environ.items():
                    found.append(process)
        return found

    def agents(self) -> list[psutil.Process]:
        """Agents of any node of it."""
        return [process for process in self.processes() if "tasks.agent" in command(process)]

    @contextmanager
    def stillborn(self) -> Iterator[list[psutil.Process]]:
        """For the block: the first client server, which serves one driver from outside, is killed as it starts."""
        killed: list[psutil.Process] = []
        ended = Event()

        def watch() -> None:
            while not killed and not ended.wait(0.01):
                killed.extend(p for p in self.processes() if "--mode=specific-server" in command(p))
            for process in killed:
                process.kill()

        thread = Thread(target=watch)
        thread.start()
        try:
            yield killed
        finally:
            ended.set()
            thread.join()

    def kill(self, **variables: str) -> None:
        """Until nothing is left: a keeper starts its services anew."""
        for _ in range(20):
            for process in (found := self.processes(**variables)):
                with suppress(psutil.Error):
                    process.kill()
            if not found:
                break
            psutil.wait_procs(found, timeout=5)
        if not variables:
            shutil.rmtree(f"/tmp/ts-{self.mark[-8:]}", ignore_errors=True)


def command(process: psutil.Process) -> str:
    """Its command line; nothing for one that has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def copy(clone: Path) -> None:
    """The working tree as it is, without what is built."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    changed = _git("ls-files", "--modified", "--others", "--exclude-standard", "--deduplicate")
    for name in changed:
        (clone / name).unlink(missing_ok=True)
        if (ROOT / name).exists():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)


def _git(*words: str) -> list[str]:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(true: Callable[[], Any], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.2)
