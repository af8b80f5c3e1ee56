"""Stage `timetable`: English sentences, and the German ones that they mean in the index («text»).

Only the test split is stored; what a model is trained on is said by the same grammar when it is trained.
"""

import argparse
from pathlib import Path

from tasks.artifacts.indexed import write_indexed
from tasks.artifacts.timetable import pairs

FOLDER = Path("artifacts/datasets/timetable")


def build(seed: int, count: int, every: int, folder: Path = FOLDER) -> None:
    """Write test.zip to ``folder``."""
    both = list(pairs("test", seed, count, every))
    names = [f"{number:04d}.txt" for number in range(len(both))]
    rows = [{"file": n, "text": german, "group": n} for n, (_, german) in zip(names, both, strict=True)]
    files = {name: english.encode() for name, (english, _) in zip(names, both, strict=True)}
    write_indexed(rows, files, folder / "test.zip")
    print(f"timetable: {len(rows)} sentences, {sum(len(german.split()) for _, german in both)} words in German")


def main() -> None:
    """Read the parameters of params.yaml from the command line."""
    parser = argparse.ArgumentParser()
    for name in ("seed", "count", "every"):
        parser.add_argument(f"--{name}", type=int, required=True)
    build(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
