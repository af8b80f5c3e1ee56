"""Steps on texts: encoded bytes → numbers of tokens, cut or padded to a model's length."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from tasks.plugins import Range
from tasks.processing.registry import Undecodable, before

LEAST = 2  # tokens: a first one, and one to be told from it


@before
def tokens(
    data: bytes,
    *,
    vocabulary: Literal["bytes"],
    length: Annotated[int, Range(gt=1)],
    pad: Annotated[int, Range(ge=0)],
) -> Any:
    """Text → int64 (length,): its first tokens, and ``pad`` behind them. ``bytes``: a token is a byte, its value."""
    if len(data) < LEAST:
        raise Undecodable(f"a text of {len(data)} bytes is shorter than {LEAST} tokens")
    found = np.full(length, pad, dtype=np.int64)
    kept = np.frombuffer(data[:length], dtype=np.uint8)
    found[: len(kept)] = kept
    return found


@before
def words(
    data: bytes,
    *,
    vocabulary: list[str],
    split: str,
    length: Annotated[int, Range(gt=1)],
    pad: Annotated[int, Range(ge=0)],
    unknown: Annotated[int, Range(ge=0)],
) -> Any:
    """UTF-8 → int64 (length,): where its first words are in ``vocabulary``, and ``pad`` behind them.

    A word that is not there is ``unknown``. Words end at white space, and at each character of ``split``.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Undecodable(f"no text in UTF-8: {error}") from error
    kept = text.translate({ord(end): " " for end in split}).split()[:length]
    if not kept:
        raise Undecodable("a text without a word")
    places = {word: place for place, word in enumerate(vocabulary)}
    found = np.full(length, pad, dtype=np.int64)
    found[: len(kept)] = [places.get(word, unknown) for word in kept]
    return found


@before
def prompt(data: bytes, *, length: Annotated[int, Range(gt=1)]) -> Any:
    """Text → uint8 (length,): its UTF-8, cut before the first character that does not fit, and zeros behind it."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Undecodable(f"not UTF-8: {error}") from error
    kept = text.encode()[:length].decode(errors="ignore").encode()
    if not kept.strip():
        raise Undecodable("a text without a character asks for nothing")
    found = np.zeros(length, dtype=np.uint8)
    found[: len(kept)] = np.frombuffer(kept, dtype=np.uint8)
    return found


@before
def with_mask(numbers: Any, *, pad: Annotated[int, Range(ge=0)]) -> Any:
    """(length,) → the same and its mask of 1 where there is text, for models that read both."""
    return numbers, (numbers != pad).astype(np.int64)
