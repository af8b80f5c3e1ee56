"""A data set split as one ZIP: «index.csv» (file, label, group), then the encoded pictures.

Stored uncompressed, sorted, with fixed dates, so that equal content is equal bytes. ``group`` is the unit in
which samples depend on each other: intervals are clustered by it.
"""

import csv
import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tasks.artifacts.files import placed

INDEX = "index.csv"
COLUMNS = ("file", "label", "group")
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a ZIP can hold


@dataclass(frozen=True, order=True)
class Sample:
    """One encoded picture; ``file`` is its name inside the archive."""

    file: str
    label: str
    group: str
    data: bytes


def write_archive(samples: Iterable[Sample], path: Path) -> None:
    """Write the split to ``path``, whole or not at all."""
    ordered = sorted(samples)
    index = io.StringIO()
    rows = csv.writer(index, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows((s.file, s.label, s.group) for s in ordered)
    with placed(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        _put(archive, INDEX, index.getvalue().encode())
        for sample in ordered:
            _put(archive, sample.file, sample.data)


def read_archive(path: Path) -> list[Sample]:
    """Every sample of a split, in the order of its index."""
    with zipfile.ZipFile(path) as archive:
        rows = csv.DictReader(io.StringIO(archive.read(INDEX).decode()))
        return [Sample(row["file"], row["label"], row["group"], archive.read(row["file"])) for row in rows]


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.create_system = 3  # the same on every operating system
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)
