"""Stage `manuals`: pieces of what twelve packages say of themselves, train and test from different stretches.

A text loses the paragraphs that came before, in it or in another one, and is cut into stretches; every few of them one
is test. A piece is one sample, its label is the package, its group the stretch («rich/0012»).
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from tasks.artifacts.archive import Sample, write_archive
from tasks.artifacts.manuals import MANUALS, manual

FOLDER = Path("artifacts/datasets/manuals")
LEAST = 16  # bytes; a shorter rest of a text is left out


def build(stretch: int, every: int, piece: int, folder: Path = FOLDER) -> None:
    """Write train.zip, in whole stretches, and test.zip, in pieces, to ``folder``; lengths in bytes."""
    seen: set[bytes] = set()
    texts = {name: _without_repeats(manual(name), seen) for name in MANUALS}
    parts = [(name, n, part) for name, text in texts.items() for n, part in enumerate(_cut(text, stretch))]
    train = [_sample(name, n, 0, part) for name, n, part in parts if n % every]
    test = [
        _sample(name, n, k, one) for name, n, part in parts if not n % every for k, one in enumerate(_cut(part, piece))
    ]
    write_archive(train, folder / "train.zip")
    write_archive(test, folder / "test.zip")
    print(f"manuals: {len(train)} stretches to train on, {len(test)} pieces to test, of {len(texts)} texts")


def _without_repeats(text: bytes, seen: set[bytes]) -> bytes:
    """Paragraphs that have not been seen, whatever their white space and letters' case."""
    kept = []
    for paragraph in text.replace(b"\r\n", b"\n").strip().split(b"\n\n"):
        plain = b" ".join(paragraph.lower().split())
        if plain and plain not in seen:
            seen.add(plain)
            kept.append(paragraph.rstrip())
    return b"\n\n".join(kept) + b"\n"


def _cut(text: bytes, size: int) -> Iterator[bytes]:
    parts = (text[start : start + size] for start in range(0, len(text), size))
    return (part for part in parts if len(part) >= LEAST)


def _sample(name: str, stretch: int, piece: int, data: bytes) -> Sample:
    return Sample(f"{name}/{stretch:04d}-{piece:02d}.txt", name, f"{name}/{stretch:04d}", data)


def main() -> None:
    """Read the parameters of params.yaml from the command line."""
    parser = argparse.ArgumentParser()
    for name in ("stretch", "every", "piece"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    build(given.stretch, given.every, given.piece)


if __name__ == "__main__":
    main()
