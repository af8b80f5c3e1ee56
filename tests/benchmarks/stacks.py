"""`python -m tests.benchmarks.stacks [--seconds 3]`: every software on every model → reports/stacks.md.

How far each is from float64, whether it predicts the same, and what a single prediction takes on one core. Each cell
is a process of its own, alone on the machine (`tasks/placement/turns.py`). A cell that fails is a row with its reason.
"""

import argparse
import os

import numpy as np

from tasks import ROOT
from tasks.environment import processor
from tasks.errors import TouchstoneError
from tasks.placement.turns import turn
from tests.contracts import grid, reference

HEAD = "| model | software | version | largest difference | of the allowed | same top-1 | predict p50 |"


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    seconds = parser.parse_args().seconds
    os.environ["TOUCHSTONE_STACKS"] = "all"
    rows = []
    for software, model in grid.CELLS:
        rows.append(row(software, model, seconds))
        print(rows[-1], flush=True)
    (ROOT / "reports" / "stacks.md").write_text("\n".join([*_opening(seconds), HEAD, "|---" * 7 + "|", *rows]) + "\n")


def row(software: str, model: str, seconds: float) -> str:
    """One line of the table."""
    if why := grid.left_out(software, model):
        return f"| {model} | {software} | left out: {why} | | | | |"
    try:
        grid.answer(software, model)  # builds and fetches before the machine is held
        expected = grid.expected(model, whole=True)
        with turn(True, print):
            answer = grid.answer(software, model, seconds, whole=True)
    except (AssertionError, TouchstoneError) as error:
        return f"| {model} | {software} | failed: {' '.join(str(error).split())[-300:]} | | | | |"
    precision = answer.effective["precision"]
    found, allowed = np.abs(answer.outputs - expected).max(), reference.tolerance(expected, precision)
    same = int((answer.outputs.argmax(1) == expected.argmax(1)).sum())
    ties = int(reference.tied(expected, precision).sum())
    tied = f" ({ties} tied)" if ties else ""
    return (
        f"| {model} | {software} | {answer.effective['version']} | {found:.1e} | {found / allowed:.1%} "
        f"| {same} of {len(expected)}{tied} | {np.median(answer.predict_ns) / 1e6:.3g} ms |"
    )


def _opening(seconds: float) -> list[str]:
    allowed = f"{reference.TOLERANCE:g} for float32"
    return [
        "# Every software on every model",
        "",
        f"`python -m tests.benchmarks.stacks --seconds {seconds:g}`: the test split of `patches`, for large inputs",
        "four samples of it, against a reference that NumPy computes in float64 from the layer table",
        "(`tests/contracts/reference.py`). Allowed is, as a share of",
        f"the reference's standard deviation (at least 1): {allowed}. `predict p50`: batch 1, one thread, one process,",
        "no other timed part beside it; processes of one software differ. Machine:",
        f"{processor.model()}, {os.cpu_count()} logical CPUs, load average {os.getloadavg()[1]:.1f} at the end.",
        "",
    ]


if __name__ == "__main__":
    main()
