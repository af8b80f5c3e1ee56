"""What has been measured and not yet recorded: it outlives a driver that is killed and a tracking server that is away.

One folder a run below `.touchstone/pending`, locked while its driver lives: `asked.json`, `placed.json`, and one result
folder of an agent as a ZIP per process. Whoever starts next finds what nobody holds.
"""

import fcntl
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks import ROOT
from tasks.results.measurement import Measurement, Result
from tasks.results.process import Process, read_process
from tasks.specs.evaluation import Evaluation

FOLDER = ROOT / ".touchstone" / "pending"


@dataclass
class Pending:
    """The folder of one run.

    ``done``: it is recorded, or nothing is to be kept. ``again``: an earlier driver may have recorded some of it.
    """

    folder: Path
    done: bool = False
    again: bool = False

    def note(self, name: str, value: dict[str, Any]) -> None:
        """Write one JSON file, whole or not at all."""
        self.keep(f"{name}.json", json.dumps(value).encode())

    def keep(self, name: str, data: bytes) -> None:
        """Write one file, whole or not at all."""
        partial = self.folder / f".{name}.partial"
        partial.write_bytes(data)
        os.replace(partial, self.folder / name)


@contextmanager
def held(run: str, folder: Path = FOLDER) -> Iterator[Pending]:
    """The pending folder of a run, held while the block lives; it stays behind unless it is ``done`` at the end, or
    nothing was noted in it."""
    place = folder / run
    again = place.exists()
    pending = Pending(place, again=again)
    try:
        place.mkdir(parents=True, exist_ok=True)
        with (place / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield pending
            finally:
                if pending.done:
                    shutil.rmtree(place, ignore_errors=True)
    finally:
        if not any(place.glob("*.json")):
            shutil.rmtree(place, ignore_errors=True)


def orphans(folder: Path = FOLDER) -> list[str]:
    """Runs that were begun and that no living driver holds, oldest first."""
    return [p.name for p in sorted(folder.glob("*"), key=lambda p: p.stat().st_mtime) if _free(p)]


def _free(place: Path) -> bool:
    try:
        with (place / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def recovered(pending: Pending, report: Path) -> tuple[Result, str | None] | None:
    """The result as far as it was measured, and its MLflow parent; None when nothing was, or it cannot be read."""
    try:
        asked = json.loads((pending.folder / "asked.json").read_text())
        placed = json.loads((pending.folder / "placed.json").read_text())
        evaluation = Evaluation.model_validate(asked["evaluation"])
        processes = tuple(_read(p) for p in sorted(pending.folder.glob("*.zip")))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    if not any(p.role != "inputs" for p in processes):
        return None
    complete = sum(p.role == "timed" for p in processes) == evaluation.scenario.repetitions
    failure = "" if complete else "The driver ended before the measurement was complete."
    result = Result(
        asked["run"], evaluation, evaluation.hashes(), asked["started_at"], report, tuple(asked["words"]),
        measurement=Measurement(processes), failure=failure, **placed,
    )  # fmt: skip
    return result, asked["parent"]


def _read(packed: Path) -> Process:
    return unpacked(packed.read_bytes())


def unpacked(packed: bytes) -> Process:
    """The process whose result folder came home as a ZIP."""
    with tempfile.TemporaryDirectory(prefix="touchstone-") as folder:
        zipfile.ZipFile(io.BytesIO(packed)).extractall(folder)
        return read_process(Path(folder))
