"""Reading samples: a ZIP with index.csv, or one folder a class. Encoded bytes, true class, and group of each.

Knows nothing of decoding. Labels that are not in the manifest are refused, all named at once.
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
    """Samples in a fixed order. ``labels`` are class indices; ``groups`` say which samples depend on each other."""

    files: list[str]
    labels: list[int]
    groups: list[str]
    read: Callable[[int], Any]  # encoded bytes; arrays where they are synthetic

    def __len__(self) -> int:
        return len(self.files)


def open_samples(dataset: dict[str, Any], inputs: Sequence[dict[str, Any]] = ()) -> Samples:
    """The samples of a data set request, ``{kind, path, labels, count}``; ``inputs`` are the model's, for synthetic."""
    if dataset["kind"] == "synthetic":
        return _synthetic(dataset["count"], inputs)
    path = Path(dataset["path"])
    reader = {"archive": _archive, "image_folder": _folders}[dataset["kind"]]
    return reader(path, list(dataset["labels"]))


def _synthetic(count: int, inputs: Sequence[dict[str, Any]]) -> Samples:
    """What is read is no file but the inputs themselves, with no label."""
    names = [f"synthetic {i}" for i in range(count)]
    return Samples(names, [], names, lambda i: _alone(synthetic(inputs, SEED, i)))


def _alone(arrays: tuple[Any, ...]) -> Any:
    """The array of the only input, or all of several."""
    return arrays[0] if len(arrays) == 1 else arrays


def _archive(path: Path, labels: list[str]) -> Samples:
    try:
        archive = zipfile.ZipFile(path)
        rows = list(csv.DictReader(io.StringIO(archive.read("index.csv").decode())))
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise Refused(f"{path.name} is not a data set archive (a ZIP with index.csv): {error}.") from error
    index = _positions({row["label"] for row in rows}, labels, path)
    files = [row["file"] for row in rows]
    return Samples(
        files, [index[r["label"]] for r in rows], [r["group"] for r in rows], lambda i: archive.read(files[i])
    )


def _folders(path: Path, labels: list[str]) -> Samples:
    if not path.is_dir():
        raise Refused(f"The data set folder {path} does not exist. Set dataset.folder=<path with one folder a class>.")
    classes = sorted(p.name for p in path.iterdir() if p.is_dir())
    if not classes:
        raise Refused(
            f"The data set folder {path} has no class folders. It needs one folder a class, with images inside."
        )
    index = _positions(set(classes), labels, path)
    files = [f for name in classes for f in sorted((path / name).iterdir()) if f.suffix.lower() in SUFFIXES]
    if not files:
        raise Refused(f"The data set folder {path} holds no images ({', '.join(sorted(SUFFIXES))}).")
    names = [f"{f.parent.name}/{f.name}" for f in files]
    return Samples(names, [index[f.parent.name] for f in files], names, lambda i: files[i].read_bytes())


def _positions(found: set[str], labels: list[str], path: Path) -> dict[str, int]:
    strange = sorted(found - set(labels))
    if strange:
        shown = ", ".join(strange[:5]) + (", …" if len(strange) > 5 else "")
        raise Refused(
            f"{path.name} has {len(strange)} labels that the manifest does not name: {shown}. "
            f"The manifest names {len(labels)}, from {labels[0]} to {labels[-1]}."
        )
    return {label: i for i, label in enumerate(labels)}
