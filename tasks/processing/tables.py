"""Steps on numbers that are written as text, a line a row, commas between: → arrays, or an input for each column."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from tasks.plugins import Range
from tasks.processing.registry import Undecodable, before


def parsed(data: bytes) -> Any:
    """Text → float64 (rows, columns). Raises ValueError for what is no table of finite numbers."""
    rows = [line.split(",") for line in data.decode("ascii").split()]
    if not rows or len({len(row) for row in rows}) > 1:
        raise ValueError(f"{len(rows)} rows of numbers, not all of one length")
    values = np.array(rows, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a number is missing, or infinite")
    return values


@before
def numbers(data: bytes, *, dtype: Literal["float32", "int64"], columns: Annotated[int, Range(gt=0)]) -> Any:
    """Text → (rows, columns), each row as many numbers; whole ones for int64."""
    try:
        values = parsed(data)
    except ValueError as error:
        raise Undecodable(f"no table of numbers: {error}") from error
    if values.shape[1] != columns:
        raise Undecodable(f"{values.shape[1]} numbers in a row, not {columns}")
    if dtype == "int64" and (values != np.rint(values)).any():
        raise Undecodable("a number is not whole")
    return values.astype(dtype)


@before
def apart(table: Any, *, rows: Literal[1]) -> Any:
    """(1, columns) → its numbers one by one, for a model that has an input for each."""
    if len(table) != rows:
        raise Undecodable(f"{len(table)} rows, not {rows}")
    return tuple(table[0])
