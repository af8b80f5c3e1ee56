"""Reading samples: a ZIP with index.csv, or one folder a class. Encoded bytes, index row, and group of each.

Knows nothing of decoding, nor of what is true of a sample: a modality reads that from the rows (`tasks/modalities`).
"""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Sequence

from tasks.errors import Refused
from tasks.processing.synthetic import synthetic

SEED = 0  # of synthetic inputs
SUFFIXES = {".jpeg", ".jpg", ".png", ".bmp", ".webp"}


@dataclass(frozen=True)
class Samples:
    """Samples in a fixed order. ``groups`` say which depend on each other, ``rows`` are the index: column → text.

    ``file`` reads a file of the data set by its name in the index, such as the picture that a truth lies in.
    """

    name: str
    files: list[str]
    rows: list[dict[str, str]]
    groups: list[str]
    read: Callable[[int], Any]  # encoded bytes; arrays where they are synthetic
    file: Callable[[str], bytes]

    def __len__(self) -> int:
        return len(self.files)

    def column(self, name: str) -> list[str]:
        """One column of the index. Raises Refused where it has none of this name."""
        if any(row.get(name) is None for row in self.rows):
            raise Refused(f"{self.name}: its index has no column «{name}»; it has {', '.join(self.rows[0])}.")
        return [row[name] for row in self.rows]


def open_samples(dataset: dict[str, Any], inputs: Sequence[dict[str, Any]] = ()) -> Samples:
    """The samples of a data set request, ``{kind, path, count}``; ``inputs`` are the model's, for synthetic."""
    if dataset["kind"] == "synthetic":
        return _synthetic(dataset["count"], inputs)
    reader = {"archive": _archive, "image_folder": _folders}[dataset["kind"]]
    return reader(Path(dataset["path"]))


def _synthetic(count: int, inputs: Sequence[dict[str, Any]]) -> Samples:
    """What is read is no file but the inputs themselves, with no truth."""
    names = [f"synthetic {i}" for i in range(count)]
    return Samples("synthetic", names, [], names, lambda i: _alone(synthetic(inputs, SEED, i)), _nothing)


def _alone(arrays: tuple[Any, ...]) -> Any:
    """The array of the only input, or all of several."""
    return arrays[0] if len(arrays) == 1 else arrays


def _nothing(name: str) -> bytes:
    raise Refused(f"Synthetic samples have no file «{name}».")


def _archive(path: Path) -> Samples:
    try:
        archive = zipfile.ZipFile(path)
        rows = list(csv.DictReader(io.StringIO(archive.read("index.csv").decode())))
        files, groups = [row["file"] for row in rows], [row["group"] for row in rows]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise Refused(f"{path.name} is not a data set archive (a ZIP with index.csv): {error}.") from error
    return Samples(path.name, files, rows, groups, lambda i: archive.read(files[i]), archive.read)


def _folders(path: Path) -> Samples:
    if not path.is_dir():
        raise Refused(f"The data set folder {path} does not exist. Set dataset.folder=<path with one folder a class>.")
    classes = sorted(p.name for p in path.iterdir() if p.is_dir())
    if not classes:
        raise Refused(
            f"The data set folder {path} has no class folders. It needs one folder a class, with images inside."
        )
    files = [f for name in classes for f in sorted((path / name).iterdir()) if f.suffix.lower() in SUFFIXES]
    if not files:
        raise Refused(f"The data set folder {path} holds no images ({', '.join(sorted(SUFFIXES))}).")
    names = [f"{f.parent.name}/{f.name}" for f in files]
    rows = [{"file": name, "label": f.parent.name, "group": name} for name, f in zip(names, files)]  # noqa: B905
    return Samples(path.name, names, rows, names, lambda i: files[i].read_bytes(), lambda n: (path / n).read_bytes())
