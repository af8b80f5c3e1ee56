"""Parts of texts and how many two texts have in common: words as machine translation counts them, and characters.

`tokens` is mteval-v13a's cut (NIST), by which BLEU is reported (Post, arXiv 1804.08771).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Sequence

ESCAPED = {"&quot;": '"', "&amp;": "&", "&lt;": "<", "&gt;": ">"}
APART = (
    (re.compile(r"([\{-\~\[-\` -\&\(-\+\:-\@\/])"), r" \1 "),  # punctuation, but for . , - '
    (re.compile(r"([^0-9])([\.,])"), r"\1 \2 "),  # . and , unless a digit is before,
    (re.compile(r"([\.,])([^0-9])"), r" \1 \2"),  # or behind
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)


def tokens(text: str) -> list[str]:
    """Words and punctuation marks of one text."""
    plain = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for written, meant in ESCAPED.items():
        plain = plain.replace(written, meant)
    plain = f" {plain} "
    for pattern, replaced in APART:
        plain = pattern.sub(replaced, plain)
    return plain.split()


def letters(text: str) -> str:
    """Characters without white space."""
    return "".join(text.split())


def matches(given: Sequence[Any], wanted: Sequence[Any], most: int) -> list[int]:
    """How many of the n-grams of ``given`` are in ``wanted``, each at most as often as there; n = 1 … ``most``."""
    return [sum((_grams(given, n) & _grams(wanted, n)).values()) for n in range(1, most + 1)]


def _grams(parts: Sequence[Any], n: int) -> Counter[Any]:
    return Counter(tuple(parts[at : at + n]) for at in range(len(parts) - n + 1))
