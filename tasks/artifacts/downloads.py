"""A public file, pinned by address, size and SHA-256: downloaded once, kept only when its bytes are the right ones."""

import hashlib
import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import urlsplit

from tasks.artifacts.files import matches, placed
from tasks.errors import ArtifactMismatch, Refused
from tasks.specs.artifact import Download

CHUNK = 1 << 20
TIMEOUT_S = 30
STEPS = 10  # progress is said this often


def download(source: Download, folder: Path, say: Callable[[str], None]) -> Path:
    """The file in ``folder``. Raises Refused without network, ArtifactMismatch when the bytes are others."""
    path = folder / f"{source.sha256[:12]}-{name_of(source.url)}"
    if matches(path, source.sha256):
        return path
    say(f"Downloading {source.url} ({source.size_bytes / 1e6:.1f} MB) …")
    with placed(path) as file:
        found = _receive(source, file, say)
        if found != source.sha256:
            raise ArtifactMismatch(
                f"{source.url} has SHA-256 {found}, the manifest says {source.sha256}. Nothing was kept or measured. "
                "Repeat; if it stays so, the file was replaced there, and the manifest must name the new one."
            )
    return path


def name_of(url: str) -> str:
    """What the file is called there, in characters that every file system takes."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", PurePosixPath(urlsplit(url).path).name) or "file"


def _receive(source: Download, file: BinaryIO, say: Callable[[str], None]) -> str:
    """Write the answer to ``file`` and return its SHA-256."""
    digest, received, said = hashlib.sha256(), 0, 0
    for chunk in _chunks(source.url):
        received += len(chunk)
        if received > source.size_bytes:
            raise ArtifactMismatch(
                f"{source.url} is longer than the {source.size_bytes} bytes of the manifest. Nothing was kept."
            )
        digest.update(chunk)
        file.write(chunk)
        if (step := received * STEPS // source.size_bytes) > said:
            said = step
            say(f"… {100 * received // source.size_bytes} %")
    if received < source.size_bytes:
        raise ArtifactMismatch(
            f"{source.url} ended after {received} of {source.size_bytes} bytes. Nothing was kept. Repeat."
        )
    return digest.hexdigest()


def _chunks(url: str) -> Iterator[bytes]:
    """The answer in pieces."""
    with asked(url) as answer:
        while chunk := _next(answer, url):
            yield chunk


@contextmanager
def asked(url: str, start: int = 0) -> Iterator[http.client.HTTPResponse]:
    """The answer, from a byte on where the server can; only what the network does wrong is caught here."""
    more = {"Range": f"bytes={start}-"} if start else {}
    request = urllib.request.Request(url, headers={"User-Agent": "touchstone", **more})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            yield answer
    except urllib.error.HTTPError as error:
        raise Refused(f"{url} answers {error.code} {error.reason}. Check the address in the manifest.") from error
    except urllib.error.URLError as error:
        raise Refused(
            f"{url} cannot be reached: {error.reason}. Check the network, or place the file yourself."
        ) from error


def _next(answer: http.client.HTTPResponse, url: str) -> bytes:
    try:
        return answer.read(CHUNK)
    except (http.client.HTTPException, OSError) as error:
        raise Refused(f"{url}: the connection broke ({error}). Nothing was kept. Repeat.") from error
