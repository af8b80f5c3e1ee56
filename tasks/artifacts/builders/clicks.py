"""Stage `clicks`: pairs of a user and an item from a world whose probabilities are known (`tasks/artifacts/clicks.py`).

Only test is written: train is drawn again from the same seed by whoever trains. A sample is a line «user,item»; the
index says whether it was clicked (truth), how popular the item was in train, and how likely the click truly was. The
group is the user.
"""

import argparse
from pathlib import Path

import numpy as np

from tasks.artifacts.clicks import Asked, World, world
from tasks.artifacts.indexed import write_indexed

FOLDER = Path("artifacts/datasets/clicks")


def build(asked: Asked, folder: Path = FOLDER) -> None:
    """Write test.zip to ``folder``."""
    made = world(asked)
    rows = [_row(made, int(user), int(item)) for user, item in np.argwhere(made.test)]
    files = {row["file"]: f"{int(row['group'])},{int(row['file'][4:7])}\n".encode() for row in rows}
    write_indexed(rows, files, folder / "test.zip")
    print(f"clicks: {len(rows)} pairs of test, {int(made.train.sum())} of train; {made.clicked.mean():.3f} are clicked")


def _row(made: World, user: int, item: int) -> dict[str, str]:
    return {
        "file": f"{user:03d}/{item:03d}.csv",
        "truth": str(int(made.clicked[user, item])),
        "group": f"{user:03d}",
        "popularity": f"{made.popularity[item]:.4f}",
        "probability": f"{made.probability[user, item]:.5f}",
    }


def main() -> None:
    """Read the parameters of params.yaml from the command line."""
    parser = argparse.ArgumentParser()
    for name, kind in Asked.__annotations__.items():
        parser.add_argument(f"--{name}", type=kind, required=True)
    build(Asked(**vars(parser.parse_args())))


if __name__ == "__main__":
    main()
