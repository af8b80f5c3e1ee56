"""A data set split as one ZIP whose index has columns of its own, such as the file that a sample's truth lies in.

As `tasks/artifacts/archive.py`, whose index has a label: stored, sorted, with fixed dates, so that equal content is
equal bytes. Every file is there once, whether it is a sample or a truth.
"""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tasks.artifacts.archive import EPOCH, INDEX
from tasks.artifacts.files import placed


def write_indexed(rows: Sequence[Mapping[str, str]], files: Mapping[str, bytes], path: Path) -> None:
    """``rows`` have the same columns, «file» and «group» among them; ``files`` are name → bytes."""
    index = io.StringIO()
    table = csv.DictWriter(index, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(sorted(rows, key=lambda row: row["file"]))
    with placed(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in [(INDEX, index.getvalue().encode()), *sorted(files.items())]:
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3  # the same on every operating system
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
