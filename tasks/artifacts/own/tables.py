"""The user's own table, CSV or JSONL: its rows, and which of its columns mean what.

In: a path. Out: records, and columns by their usual names; or one sentence.
"""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.errors import Refused

FILE = ("file", "path", "image", "picture", "filename", "file_name")
LABEL = ("label", "class", "target")
TEXT = ("text", "sentence", "document", "question", "prompt")
GROUP = "group"
Record = dict[str, Any]


def records(path: Path, errors: str = "replace") -> list[Record]:
    """Every row. ``errors``: what becomes of bytes that are no UTF-8; «strict» refuses them."""
    with path.open("rb") as file:
        head = file.read(1024)
    try:
        found = _json_lines(path, errors) if head.lstrip().startswith(b"{") else _csv(path, head, errors)
    except UnicodeDecodeError as error:
        raise Refused(
            f"{path} is no UTF-8 at byte {error.start}, so its texts cannot be told; save it as UTF-8."
        ) from None
    except csv.Error as error:
        raise Refused(f"{path} is no CSV that can be read: {error}.") from None
    if not found:
        raise Refused(f"{path} has no rows.")
    return found


def _json_lines(path: Path, errors: str) -> list[Record]:
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors=errors).split("\n"), 1):
        try:
            record = json.loads(line) if line.strip() else None
        except ValueError as error:
            raise Refused(f"{path}, line {number}: {error}. JSONL has one object a line.") from None
        if record is not None and not isinstance(record, dict):
            raise Refused(f"{path}, line {number} is no object. JSONL has one object a line.")
        found += [record] if record else []
    return found


def _csv(path: Path, head: bytes, errors: str) -> list[Record]:
    if b"\0" in head:
        raise Refused(
            f"{path} is neither CSV nor JSONL: it is no text. Give a folder of class folders, or such a file."
        )
    with path.open(newline="", encoding="utf-8-sig", errors=errors) as file:
        return list(csv.DictReader(file))


def named(record: Record, names: Sequence[str]) -> list[str]:
    """The columns of a record that are called one of these, whatever their letters' case."""
    known = {str(name).strip().lower(): str(name) for name in record if name is not None}
    return [known[name] for name in names if name in known]


def value(record: Record, column: str) -> str:
    """What stands there, as text; nothing where nothing does."""
    found = record.get(column)
    return "" if found is None else str(found)


def listed(record: Record) -> str:
    """The columns' names, for a sentence."""
    return ", ".join(str(name) for name in record if name is not None) or "none"
