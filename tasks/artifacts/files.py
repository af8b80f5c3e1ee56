"""Files by their bytes: hash one, put one in place whole or not at all.

Knows neither DVC nor manifests.
"""

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tasks.errors import Refused

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def sha256_of(path: Path) -> str:
    """64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def matches(path: Path, sha256: str) -> bool:
    """Whether ``path`` is a file with these bytes."""
    return path.is_file() and sha256_of(path) == sha256


@contextmanager
def placed(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes its name only when the block ends well. Raises Refused on a full disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            try:
                yield file  # type: ignore[misc]
                file.flush()
                os.fsync(file.fileno())
                temporary.chmod(0o644)
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        if error.errno in FULL:
            raise Refused(no_room(path)) from error
        raise


def written(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``, whole or not at all."""
    with placed(path) as file:
        file.write(data)


def no_room(path: Path) -> str:
    """The sentence for a full disk."""
    return f"No room left while writing {path}; nothing is left there. Free space on that file system, then repeat."
