"""Bring the files of a model home, below artifacts/models, whole or not at all.

Copied, where the file system can as a copy on write. No hard link: an export writes into the file that is there, and
would change what was added.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.artifacts.files import FULL, no_room
from tasks.artifacts.own import pt2_model
from tasks.artifacts.own.found import Found
from tasks.errors import Refused

NAMES = {"onnx": "model.onnx", "tflite": "model.tflite", "keras": "model.keras", "pt2": "model.pt2"}
MODELS = "artifacts/models"
PART = 1 << 30
PREFIX, DAY_S = ".adding-", 86_400


@contextmanager
def staged(found: Found, root: Path) -> Iterator[Path]:
    """The first file in a folder of its own, beside its place; the folder is gone when the block ends."""
    parent = root / MODELS
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{PREFIX}*"):  # of a process that was killed
        if time.time() - left.stat().st_mtime > DAY_S:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=PREFIX) as folder:
        name = NAMES.get(found.format, found.path.name)
        target = Path(folder) / "model" / (name if name not in found.beside else f"graph-{name}")
        try:
            _brought(found, target)
        except OSError as error:
            raise Refused(no_room(target) if error.errno in FULL else f"{error.filename}: {error.strerror}.") from error
        yield target


def _brought(found: Found, target: Path) -> None:
    target.parent.mkdir()
    if found.format == "pt2":
        pt2_model.stripped(found.path, target)
    else:
        _copied(found.path, target)
    for name in found.beside:
        (target.parent / name).parent.mkdir(parents=True, exist_ok=True)
        _copied(found.path.parent / name, target.parent / name)


def _copied(source: Path, target: Path) -> None:
    """By the kernel, which shares the blocks where the file system can."""
    try:
        with source.open("rb") as given, target.open("wb") as made:
            while os.copy_file_range(given.fileno(), made.fileno(), PART):
                pass
    except OSError as error:
        if error.errno in FULL:
            raise
        shutil.copyfile(source, target)
    target.chmod(0o644)


def settled(staged_file: Path, name: str, root: Path) -> Path:
    """Give the staged folder its name, in place of what was there; the first file's path."""
    folder = root / MODELS / name
    if folder.exists():
        old = staged_file.parent.with_name("replaced")
        folder.rename(old)
    staged_file.parent.rename(folder)
    return folder / staged_file.name
