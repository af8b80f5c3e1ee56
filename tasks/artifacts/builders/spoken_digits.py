"""Stage `spoken_digits`: digits said by synthetic voices; the index has what is said («text»), a group is a voice.

Only the test split is stored; what a model is trained on comes from other voices of the same kind, when it is trained.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.artifacts.indexed import write_indexed
from tasks.artifacts.spoken import utterances

FOLDER = Path("artifacts/datasets/spoken_digits")


def build(given: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Write test.zip to ``folder``; ``given`` as `utterances` takes it."""
    rows: list[dict[str, str]] = []
    files: dict[str, bytes] = {}
    for number, one in enumerate(utterances("test", given)):
        name = f"{one.voice}/{number % given['each']:02d}.wav"
        rows.append({"file": name, "text": one.text, "group": one.voice})
        files[name] = one.data
    write_indexed(rows, files, folder / "test.zip")
    size = sum(map(len, files.values()))
    print(f"spoken_digits: {len(rows)} recordings of {given['voices']} voices, {size / 1e3:.0f} kB")


def main() -> None:
    """Read the parameters of params.yaml from the command line."""
    parser = argparse.ArgumentParser()
    for name in ("seed", "voices", "each", "least", "most"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--noise_db", type=float, nargs=2, required=True)
    build(vars(parser.parse_args()))


if __name__ == "__main__":
    main()
