"""The user's own pictures with labels: one folder a class, or a table (CSV, JSONL) that names files and their labels.

In: a path. Out: `Pictures`, or one sentence. Nothing is decoded but the first picture of each class.
"""

import csv
import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from tasks.artifacts.archive import COLUMNS, EPOCH, INDEX
from tasks.artifacts.files import placed
from tasks.artifacts.own.tables import FILE, GROUP, LABEL, Record, listed, named, records, value
from tasks.errors import Refused
from tasks.processing.samples import SUFFIXES


@dataclass(frozen=True)
class Row:
    """One picture of a table; samples of one ``group`` depend on each other."""

    file: str
    label: str
    group: str


@dataclass(frozen=True)
class Pictures:
    """``labels`` in the order of class indices; ``rows`` of a table, None for class folders."""

    path: Path
    labels: tuple[str, ...]
    count: int
    rows: tuple[Row, ...] | None = None

    def pack(self, path: Path) -> None:
        """Every picture of a table into one archive, as `tasks/artifacts/archive.py` writes it, one after the other."""
        ordered, index = sorted(self.rows or (), key=lambda row: row.file), io.StringIO()
        csv.writer(index, lineterminator="\n").writerows([COLUMNS, *((r.file, r.label, r.group) for r in ordered)])
        with placed(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            _put(archive, INDEX, index.getvalue().encode())
            for row in ordered:
                _put(archive, row.file, (self.path.parent / row.file).read_bytes())


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.create_system = 3  # the same on every operating system
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)


def read(path: Path) -> Pictures:
    """Raises Refused with what is wrong."""
    if not path.exists():
        raise Refused(f"dataset={path} does not exist. Give a folder of class folders, or a CSV or JSONL file.")
    found = _folders(path) if path.is_dir() else _table(path)
    if len(found.labels) < 2:
        raise Refused(f"{path} has one class, {found.labels[0]}; a data set needs two or more.")
    return found


def _folders(path: Path) -> Pictures:
    inside = {folder.name: list(folder.iterdir()) for folder in sorted(path.iterdir()) if folder.is_dir()}
    pictures = {name: [p for p in files if p.suffix.lower() in SUFFIXES] for name, files in inside.items()}
    if empty := [name for name, files in pictures.items() if not files]:
        deeper = [name for name in empty if any(p.is_dir() for p in inside[name])]
        if deeper:
            raise Refused(
                f"{path} has no pictures in {', '.join(deeper)}, but folders: is {path / deeper[0]} the data set? "
                f"Then: dataset={path / deeper[0]}"
            )
        raise Refused(f"{path}: the folder {', '.join(empty[:5])} has no pictures ({', '.join(sorted(SUFFIXES))}).")
    if not pictures:
        loose = any(p.suffix.lower() in SUFFIXES for p in path.iterdir())
        more = "its pictures lie beside each other, and nothing says their class" if loose else "it has none"
        raise Refused(
            f"{path} needs one folder a class with pictures inside; {more}. A CSV file with the columns file and label "
            "does as well."
        )
    for files in pictures.values():
        _require_picture(min(files))
    return Pictures(path, tuple(pictures), sum(map(len, pictures.values())))


def _require_picture(file: Path) -> None:
    """That Pillow opens it: the first of each class tells whether these are pictures at all."""
    try:
        with Image.open(file) as picture:
            picture.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Refused(f"{file} is no picture that can be opened: {error}") from None


def _table(path: Path) -> Pictures:
    found = records(path)
    columns = _columns(path, found[0])
    rows = tuple(_row(path, number, record, columns) for number, record in enumerate(found, 1))
    repeated = [file for file, times in Counter(row.file for row in rows).items() if times > 1]
    if repeated:
        raise Refused(f"{path} names {repeated[0]} more than once.")
    first = {row.label: path.parent / row.file for row in reversed(rows)}
    for picture in first.values():
        _require_picture(picture)
    return Pictures(path, tuple(sorted(first, key=_order)), len(rows), rows)


def _columns(path: Path, record: Record) -> tuple[str, str]:
    """The columns with file and label."""
    files, labels = named(record, FILE), named(record, LABEL)
    if not files or not labels:
        raise Refused(
            f"{path} has the columns {listed(record)}; it needs «file» (a picture, relative to the table) and «label», "
            "or «text»."
        )
    return files[0], labels[0]


def _row(path: Path, number: int, record: Record, columns: tuple[str, str]) -> Row:
    file, label = (value(record, name).strip() for name in columns)
    if not file or not label:
        raise Refused(f"{path}, row {number}: «{columns[0]}» or «{columns[1]}» is empty.")
    place, folder = path.parent / file, path.parent.resolve()
    if not place.resolve().is_relative_to(folder) or Path(file).is_absolute():
        raise Refused(
            f"{path}, row {number}: «{file}» is outside the folder of the table. Place the pictures below it."
        )
    if not place.is_file():
        raise Refused(f"{path}, row {number}: {file} is not there; files are named relative to the table.")
    name = Path(file).as_posix()
    return Row(name, label, str(record.get(GROUP) or name))


def _order(label: str) -> tuple[int, int, str]:
    """Whole numbers by size, other labels by letters."""
    return (0, int(label), label) if re.fullmatch(r"\d+", label) else (1, 0, label)
