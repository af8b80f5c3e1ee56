"""Texts → the same in another language: n-grams that answer and reference have in common, of words and of characters.

The index has a column «text», the reference. Sums over texts are all that BLEU (Papineni et al., ACL 2002) and chrF
(Popović, WMT 2015) of the whole are made of. Beside them stands the source, copied as it is.
"""

from __future__ import annotations

from typing import Any

from tasks.modalities import _ngrams
from tasks.modalities._texts import answers, checksum, references
from tasks.modalities.base import Base, Batch, Column, Row, differs
from tasks.processing.samples import Samples

MEANING = ("from", "to")
WORDS, CHARACTERS = 4, 6  # the longest n-grams


class Modality(Base):
    """``match_n`` of words and ``letter_match_n`` of characters without spaces; ``copy_…`` are the source's."""

    headline = "translation_bleu"
    answer = "answered"
    varies = "answered"
    least = 20

    def columns(self, dataset: Any) -> dict[str, Column]:
        """Counts of a text; ``answered`` is a checksum of the answer, to tell equal ones from others."""
        found = {f"true_{of}": Column(int, 1) for of in ("tokens", "letters")}
        counted = [name for who in ("", "copy_") for name in _names(who)]
        return {**found, **dict.fromkeys([*counted, "answered"], Column(int, 0)), "exact": Column(bool)}

    def lacks(self, dataset: Any) -> str:
        """Both languages."""
        missing = [name for name in MEANING if name not in dataset.meaning]
        return "; ".join(f"meaning has no «{name}», the language that texts are translated {name}" for name in missing)

    def misfit(self, model: Any, head: Any, dataset: Any) -> str:
        """The languages are the same."""
        return differs(model, head, dataset, MEANING)

    def truths(self, samples: Samples, dataset: dict[str, Any]) -> list[str]:
        """The references. Raises Refused for texts without one."""
        return references(samples)

    def judged(self, batch: Batch) -> list[Row]:
        """A row a text; the post-processing has to end in texts."""
        return [_row(batch, k, answer) for k, answer in enumerate(answers(batch, "Translation"))]


def _names(who: str) -> list[str]:
    return [
        *(f"{who}{of}" for of in ("tokens", "letters")),
        *(f"{who}match_{n}" for n in range(1, WORDS + 1)),
        *(f"{who}letter_match_{n}" for n in range(1, CHARACTERS + 1)),
    ]


def _row(batch: Batch, k: int, answer: str) -> Row:
    source = " ".join(batch.samples.read(batch.indices[k]).decode().split())
    true = batch.truths[k]
    found: Row = {"true_tokens": len(_ngrams.tokens(true)), "true_letters": len(_ngrams.letters(true))}
    for who, text in (("", answer), ("copy_", source)):
        found.update(zip(_names(who), _counts(text, true)))  # noqa: B905  (Python 3.9)
    return {**found, "answered": checksum(answer), "exact": answer.split() == true.split()}


def _counts(text: str, true: str) -> list[int]:
    words, characters = _ngrams.tokens(text), _ngrams.letters(text)
    return [
        len(words),
        len(characters),
        *_ngrams.matches(words, _ngrams.tokens(true), WORDS),
        *_ngrams.matches(characters, _ngrams.letters(true), CHARACTERS),
    ]
