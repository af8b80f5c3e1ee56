"""Where faults strike: a clone on a small file system of its own, with services, stores, and caches of its own.

Everything of it is found by its folder: processes by where they work, disk use by its mount.
"""

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from tasks import ROOT
from tests.clones import working_copy

SIZE = "3g"
NOT_OURS = ("PREFECT_", "RAY_", "MLFLOW_", "TOUCHSTONE_", "PYTHON")


class Ground:
    """One clone. ``more`` is set in the environment of everything that runs in it."""

    def __init__(self, **more: str) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="ts-", dir="/tmp"))  # short: Ray's sockets lie below it
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(self.place)]
        self.mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        self.clone, self.cache, self.temp = self.place / "clone", self.place / "cache", self.place / "tmp"
        working_copy(self.clone)
        (self.clone / ".venv").symlink_to(ROOT / ".venv")
        for folder in (self.cache, self.temp):
            folder.mkdir()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(NOT_OURS)}
        self.filling: threading.Thread | None = None
        self.within: list[str] = []  # before every command that is begun
        self.env = {**kept, "TOUCHSTONE_CACHE": str(self.cache), "TMPDIR": str(self.temp), **more}

    def python(self, *words: str, **options: Any) -> "subprocess.CompletedProcess[str]":
        """A command of the project in this clone, to its end."""
        command = [str(self.clone / ".venv" / "bin" / "python"), "-m", *words]
        shape: dict[str, Any] = {"cwd": self.clone, "env": self.env, "capture_output": True, "text": True, **options}
        return subprocess.run(command, check=False, **shape)

    def begin(self, *words: str, **options: Any) -> "subprocess.Popen[str]":
        """The same, begun; it has a process group of its own, as a terminal would give it."""
        command = [*self.within, str(self.clone / ".venv" / "bin" / "python"), "-m", *words]
        shape: dict[str, Any] = {"cwd": self.clone, "env": self.env, "text": True, "start_new_session": True, **options}
        return subprocess.Popen(command, **shape)

    @property
    def store(self) -> str:
        """The MLflow store that a run here uses by itself."""
        return f"sqlite:///{self.clone / 'mlflow.db'}"

    def experiment(self) -> None:
        """Made in the store by a driver: one that a server makes keeps its artifacts for those who ask a server."""
        made = "from flows import cli; from tasks.tracking.store import client; client(cli.default().tracking)"
        python = str(self.clone / ".venv" / "bin" / "python")
        subprocess.run([python, "-c", made], cwd=self.clone, env=self.env, check=True, capture_output=True)

    def services(self) -> dict[str, Any]:
        """What `services.json` holds."""
        with suppress(OSError, ValueError):
            found: dict[str, Any] = json.loads((self.clone / ".touchstone" / "services" / "services.json").read_text())
            return found
        return {}

    def processes(self) -> Iterator[psutil.Process]:
        """Everything that works in the clone."""
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()).is_relative_to(self.clone):
                    yield process

    def workers(self) -> list[psutil.Process]:
        """Ray's workers that do something."""
        return [p for p in self.processes() if title(p).startswith("ray::_stream")]

    def agents(self) -> list[psutil.Process]:
        """Processes that measure."""
        return [p for p in self.processes() if "tasks.agent" in title(p)]

    def fill(self) -> None:
        """Nothing more can be written, and what becomes free is taken, until `empty`."""
        self.full = threading.Event()
        self.filling = threading.Thread(target=self._fill, daemon=True)
        self.filling.start()

    def _fill(self) -> None:
        """The file system is made as small as what it holds."""
        while not self.full.wait(0.02):
            used = shutil.disk_usage(self.place).used
            self._resize(f"{used // 4096 * 4096}")

    def _resize(self, size: str) -> None:
        command = ["mount", "-o", f"remount,size={size}", str(self.place)]
        subprocess.run(command, check=False, capture_output=True)

    def empty(self) -> None:
        """Room again."""
        if self.filling:
            self.full.set()
            self.filling.join()
            self._resize(SIZE)

    def forget(self, step: str) -> None:
        """What makes a step do its work anew: nothing fetched, nothing built."""
        if step == "fetch":
            for folder in ("artifacts/models", "artifacts/datasets", ".dvc/cache"):
                shutil.rmtree(self.clone / folder, ignore_errors=True)
        if step == "provision":
            shutil.rmtree(self.cache / "stacks", ignore_errors=True)

    def end(self) -> None:
        """Nothing is left of it."""
        self.empty()
        self.python("flows.services", "down", "now")
        for process in list(self.processes()):
            with suppress(psutil.Error):
                process.kill()
        time.sleep(0.5)
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.place)], check=False)
        shutil.rmtree(self.place, ignore_errors=True)


def mountable() -> bool:
    """Whether a small file system can be mounted here."""
    command = "t=$(mktemp -d) && mount -t tmpfs tmpfs $t && umount $t; s=$?; rmdir $t; exit $s"
    return subprocess.run(command, shell=True, capture_output=True, check=False).returncode == 0


def title(process: psutil.Process) -> str:
    """The command line in one string; empty when it has ended."""
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def until(true: Any, seconds: float) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
