"""Stage `demand`: what hourly series were in the last days, and what they were in the next one.

Of the hours after those that may be trained on; windows start a horizon apart. Past and truth are files of a number a
line; the group is the series. The series are made up (`tasks/artifacts/series.py`).
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.artifacts.indexed import write_indexed
from tasks.artifacts.series import Asked, edge, series

FOLDER = Path("artifacts/datasets/demand")


def build(asked: Asked, folder: Path = FOLDER) -> None:
    """Write test.zip to ``folder``."""
    rows: list[dict[str, str]] = []
    files: dict[str, bytes] = {}
    for number, values in enumerate(series(asked)):
        for start in range(edge(asked), asked.length - asked.past - asked.horizon + 1, asked.horizon):
            at, now = f"{number:02d}/{start:04d}", start + asked.past
            row = {"file": f"past/{at}.csv", "truth": f"next/{at}.csv", "group": f"{number:02d}"}
            rows.append(row)
            files |= {row["file"]: _lines(values[start:now]), row["truth"]: _lines(values[now : now + asked.horizon])}
    write_indexed(rows, files, folder / "test.zip")
    print(f"demand: {len(rows)} windows of {asked.series} series, {sum(map(len, files.values())) / 1e3:.0f} kB")


def _lines(values: NDArray[np.int64]) -> bytes:
    return "".join(f"{value}\n" for value in values).encode()


def main() -> None:
    """Read the parameters of params.yaml from the command line."""
    parser = argparse.ArgumentParser()
    for name, kind in Asked.__annotations__.items():
        parser.add_argument(f"--{name}", type=kind, required=True)
    build(Asked(**vars(parser.parse_args())))


if __name__ == "__main__":
    main()
