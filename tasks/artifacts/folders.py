"""A folder of samples that its user placed: identified by the names and sizes of its files, for the record.

Reading every byte of a large data set before each run would take minutes; names and sizes take seconds, and the record
says that it is only those.
"""

import hashlib
from pathlib import Path
from typing import Any


def describe_folder(folder: Path) -> dict[str, Any]:
    """Number of files, total size in bytes, and the SHA-256 over sorted «name size» lines."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    lines = [f"{p.relative_to(folder).as_posix()} {p.stat().st_size}\n" for p in files]
    return {
        "path": str(folder),
        "files": len(files),
        "size_bytes": sum(int(line.rsplit(" ", 1)[1]) for line in lines),
        "names_and_sizes_sha256": hashlib.sha256("".join(lines).encode()).hexdigest(),
    }
