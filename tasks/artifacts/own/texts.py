"""The user's own texts: a table (CSV, JSONL) with a column of them, and one of labels where they are to be told apart.

In: a path, and the modality where its user said one. Out: `Texts`, or one sentence. A text is its UTF-8 bytes, as they
stand in the table.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.artifacts.archive import Sample, write_archive
from tasks.artifacts.own.tables import FILE, GROUP, LABEL, TEXT, Record, listed, named, records, value
from tasks.errors import Refused
from tasks.processing.texts import LEAST

CLASSES, NEXT = "language_understanding", "language_generation"
PICTURES = "image_classification"
MODALITIES = (CLASSES, NEXT)


@dataclass(frozen=True)
class Texts:
    """``labels`` in the order of class indices, none where the question is what comes next."""

    path: Path
    modality: str
    column: str
    labels: tuple[str, ...]
    samples: tuple[Sample, ...]

    @property
    def count(self) -> int:
        """Number of texts."""
        return len(self.samples)

    def pack(self, path: Path) -> None:
        """Every text into one archive."""
        write_archive(self.samples, path)


def holds_texts(path: Path, modality: str | None) -> bool:
    """Whether a table is one of texts, not of pictures. Raises Refused where it may be either."""
    if path.is_dir() or not path.exists():
        return False
    first = records(path)[0]
    files, texts = named(first, FILE), named(first, TEXT)
    if modality in MODALITIES or (texts and not files):
        return True
    if texts and modality != PICTURES:
        raise Refused(
            f"{path} has files in «{files[0]}» and texts in «{texts[0]}»: which are the samples? Say "
            f"modality={PICTURES}, or modality={CLASSES} or {NEXT}."
        )
    return False


def read(path: Path, modality: str | None = None) -> Texts:
    """Raises Refused with what is wrong, or what cannot be told."""
    if modality not in (None, *MODALITIES):
        raise Refused(f"{path} has texts, which modality={modality} is not about; choose {' or '.join(MODALITIES)}.")
    rows = records(path, errors="strict")
    column, label = _columns(path, rows[0], modality)
    first: dict[str, str] = {}  # text → the name of the first one like it: equal texts depend on each other
    samples = tuple(_sample(path, number, row, (column, label), first) for number, row in enumerate(rows, 1))
    if label is None:
        return Texts(path, NEXT, column, (), samples)
    labels = tuple(sorted({sample.label for sample in samples}, key=_order))
    if len(labels) < 2:
        raise Refused(f"{path} has one class, {labels[0]}; a data set needs two or more.")
    if len(labels) == len(samples) > 2:
        raise Refused(
            f"{path}: each of the {len(samples)} texts has another «{label}», so it is no class. For what comes next, "
            f"say modality={NEXT}; a number of its own for each text is not judged here."
        )
    return Texts(path, CLASSES, column, labels, samples)


def _columns(path: Path, first: Record, modality: str | None) -> tuple[str, str | None]:
    """The column of texts, and that of labels where the modality needs one."""
    texts = _only(path, named(first, TEXT), "texts")
    if texts is None:
        raise Refused(f"{path} has the columns {listed(first)}; it needs «text».")
    labels = None if modality == NEXT else _only(path, named(first, LABEL), "labels")
    if labels is None and modality == CLASSES:
        raise Refused(f"{path} has the columns {listed(first)}; modality={CLASSES} needs «label» beside «{texts}».")
    return texts, labels


def _only(path: Path, found: Sequence[str], what: str) -> str | None:
    if len(found) > 1:
        raise Refused(
            f"{path} has several columns that may be the {what}: {', '.join(found)}. Keep one, or call the others "
            "something else."
        )
    return found[0] if found else None


def _sample(path: Path, number: int, row: Record, columns: tuple[str, str | None], first: dict[str, str]) -> Sample:
    column, of_label = columns
    text, label = row.get(column), value(row, of_label).strip() if of_label else ""
    if not isinstance(text, str) or len(text.encode(errors="surrogatepass")) < LEAST:
        raise Refused(f"{path}, row {number}: «{column}» is {text!r}, no text of {LEAST} bytes or more.")
    if of_label and not label:
        raise Refused(f"{path}, row {number}: «{of_label}» is empty.")
    name = f"{number:07d}.txt"
    group = value(row, GROUP) or first.setdefault(text, name)
    try:
        return Sample(name, label, group, text.encode())
    except UnicodeEncodeError:
        raise Refused(f"{path}, row {number}: «{column}» holds half a character, which is no text.") from None


def _order(label: str) -> tuple[int, int, str]:
    """Whole numbers by size, other labels by letters."""
    return (0, int(label), label) if re.fullmatch(r"[0-9]+", label) else (1, 0, label)
