"""How much of a file lies in memory already: the difference between a cold and a warm load."""

from __future__ import annotations

import ctypes
import mmap
import os
from pathlib import Path

# Bit 0 of each byte says that the page is there; the others are reserved.
PRESENT = bytes(value & 1 for value in range(256))


def resident_share(path: str | os.PathLike[str]) -> float | None:
    """The share of a file's pages in the page cache, 0 to 1; None where the system does not tell."""
    try:
        with Path(path).open("rb") as file:
            if not _may_know(os.fstat(file.fileno())) and not os.access(path, os.W_OK):
                return None
            # A private mapping: ctypes wants a buffer it could write to, and nothing is ever written.
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as mapped:
                return _share(mapped)
    except (OSError, ValueError, AttributeError):
        return None


def _may_know(status: os.stat_result) -> bool:
    """Linux answers "all of it" for a file that belongs to another and cannot be written, so as not to tell."""
    return os.geteuid() in (0, status.st_uid)


def _share(mapped: mmap.mmap) -> float | None:
    pages = (len(mapped) + mmap.PAGESIZE - 1) // mmap.PAGESIZE
    vector = (ctypes.c_ubyte * pages)()
    first = ctypes.c_char.from_buffer(mapped)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        refused = libc.mincore(ctypes.c_void_p(ctypes.addressof(first)), ctypes.c_size_t(len(mapped)), vector)
    finally:
        # The mapping cannot be closed while this points into it.
        del first
    return None if refused else bytes(vector).translate(PRESENT).count(1) / pages
