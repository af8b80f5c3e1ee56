"""Public weights in the user's cache: downloaded once, gone on with where a connection broke, kept only when right.

In: a pinned address. Out: the file and its whole SHA-256, which a pin by its first digits does not say.
"""

import http.client
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tasks.artifacts.downloads import CHUNK, asked, name_of
from tasks.artifacts.files import FULL, no_room, sha256_of
from tasks.errors import ArtifactMismatch, Refused
from tasks.locks import alone
from tasks.specs.artifact import Pretrained

MOST = 20_000_000_000  # bytes
PARTIAL, BEYOND = 206, 416  # statuses: an answer that goes on where it was asked to; there is nothing from there on


def brought(source: Pretrained, folder: Path, say: Callable[[str], None]) -> tuple[Path, str]:
    """Raises Refused without a network, ArtifactMismatch when the bytes are others."""
    path = folder / f"{source.promised[:12]}-{name_of(source.url)}"
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / f".{path.name}.lock", lambda: say(f"Another process downloads {source.url}: waiting …")):
        if path.is_file() and (found := sha256_of(path)).startswith(source.promised):
            os.utime(path)  # its own time is when it was last asked for
            return path, found
        part = folder / f".{path.name}.part"
        if not (part.is_file() and sha256_of(part).startswith(source.promised)):
            _received(source.url, part, say)
        found = sha256_of(part)
        if not found.startswith(source.promised):
            part.unlink()
            raise ArtifactMismatch(_other(source, found))
        os.replace(part, path)
    return path, found


def _other(source: Pretrained, found: str) -> str:
    begins = "" if source.sha256 else "one that begins with "
    return (
        f"{source.url} has SHA-256 {found}, the manifest says {begins}{source.promised}. Nothing was kept or built. "
        "Repeat; if it stays so, the file was replaced there, and the manifest must name the new one."
    )


def _received(url: str, part: Path, say: Callable[[str], None]) -> None:
    """From the start where what is there cannot be gone on with: the file is another one now, and shorter."""
    try:
        _receive(url, part, say)
    except Refused as error:
        if getattr(error.__cause__, "code", None) != BEYOND:
            raise
        part.unlink()
        _receive(url, part, say)


def _receive(url: str, part: Path, say: Callable[[str], None]) -> None:
    """The whole of it at ``part``; what came before a connection broke stays there for the next time."""
    start = part.stat().st_size if part.is_file() else 0
    say(f"Downloading {url}{f', from {start / 1e6:.1f} MB on' if start else ''} …")
    with asked(url, start) as answer, part.open("ab" if _goes_on(answer, start) else "wb") as file:
        begun = file.tell()
        length = answer.headers.get("Content-Length")
        whole = _copy(url, answer, file)
        missing = int(length) - (file.tell() - begun) if length else 0
    if missing > 0 or not whole:
        more = f", {missing} are missing" if length else ""
        raise Refused(
            f"{url}: the connection broke after {part.stat().st_size} bytes{more}. What came is kept; repeat, and "
            "it goes on from there."
        )


def _goes_on(answer: http.client.HTTPResponse, start: int) -> bool:
    """Whether the answer begins where it was asked to; else it is the whole file again."""
    return (
        bool(start)
        and answer.status == PARTIAL
        and answer.headers.get("Content-Range", "").startswith(f"bytes {start}-")
    )


def _copy(url: str, answer: http.client.HTTPResponse, file: BinaryIO) -> bool:
    """Until the answer ends; whether it ended well."""
    while True:
        try:
            chunk = answer.read(CHUNK)
        except http.client.IncompleteRead as error:
            file.write(error.partial)
            return False
        except (http.client.HTTPException, OSError) as error:
            raise Refused(
                f"{url}: the connection broke ({error}). What came is kept; repeat, and it goes on from there."
            ) from error
        if not chunk:
            return True
        if file.tell() + len(chunk) > MOST:
            raise Refused(f"{url} is longer than {MOST / 1e9:g} GB, the most that is downloaded.")
        try:
            file.write(chunk)
        except OSError as error:
            raise (Refused(no_room(Path(file.name))) if error.errno in FULL else error) from error
