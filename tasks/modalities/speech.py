"""Recordings → what is said in them: edits between the answer and the true text, in words and in characters.

The index has a column «text». Words are what white space separates; characters are those of the words with one space
between them. Sums of edits over sums of words are the word error rate. Beside it stands one answer for all recordings:
the commonest word, as often as a recording has words on average.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from tasks.modalities._edits import edits
from tasks.modalities._texts import answers, checksum, references
from tasks.modalities.base import Base, Batch, Column, Row, differs
from tasks.processing.samples import Samples

MEANING = ("rate_hz", "text")


class Modality(Base):
    """``word_edits`` of ``words``, ``character_edits`` of ``characters``; ``constant_…`` are the one answer's."""

    headline = "speech_wer"
    answer = "answered"
    varies = "answered"
    least = 20

    def columns(self, dataset: Any) -> dict[str, Column]:
        """Counts of a recording; ``answered`` is a checksum of the answer, to tell equal ones from others."""
        count, some = Column(int, 0), Column(int, 1)
        edited = {f"{who}{what}_edits": count for who in ("", "constant_") for what in ("word", "character")}
        return {"words": some, "characters": some, **edited, "answered": count}

    def lacks(self, dataset: Any) -> str:
        """The sampling rate, and how texts are written."""
        missing = [name for name in MEANING if name not in dataset.meaning]
        said = {"rate_hz": "samples a second of its recordings", "text": "how its texts are written"}
        return "; ".join(f"meaning has no «{name}», {said[name]}" for name in missing)

    def misfit(self, model: Any, head: Any, dataset: Any) -> str:
        """The model hears this sampling rate, and writes as the data set does."""
        return differs(model, head, dataset, MEANING)

    def truths(self, samples: Samples, dataset: dict[str, Any]) -> list[tuple[str, str]]:
        """(the true text, the one answer for all) of each recording. Raises Refused for recordings without a text."""
        said = references(samples)
        common = Counter(word for text in said for word in text.split())
        word, each = common.most_common(1)[0][0], sum(common.values()) / len(said)
        return [(text, " ".join([word] * round(each))) for text in said]

    def judged(self, batch: Batch) -> list[Row]:
        """A row a recording; the post-processing has to end in texts."""
        given = zip(answers(batch, "Speech"), batch.truths)  # noqa: B905  (Python 3.9)
        return [_row(answer, *truth) for answer, truth in given]


def _row(answer: str, true: str, constant: str) -> Row:
    found: Row = {"words": len(true.split()), "characters": len(true)}
    for who, text in (("", answer), ("constant_", constant)):
        found[f"{who}word_edits"] = edits(true.split(), text.split())
        found[f"{who}character_edits"] = edits(true, text)
    return {**found, "answered": checksum(answer)}
