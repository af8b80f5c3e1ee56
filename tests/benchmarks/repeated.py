"""`python -m tests.benchmarks.repeated [--times 30]`: does the interval of one evaluation hold the mean of the others?

One short evaluation of patchnet so many times, through the whole product, after ten that are its history →
reports/repeated.md. The machine is in it: what drifts from one evaluation to the next is in no interval of a single
session, so that both are tried: the session's own, and the one with what differed between the runs before.
"""

import argparse
import shutil

import numpy as np

from flows import cli
from flows.evaluate import evaluate
from tasks import ROOT
from tasks.results.measurement import Result, Sweep
from tasks.statistics import proportion_interval
from tests.benchmarks.agents import table, write

WORDS = ["+model=patchnet", "scenario=quick", "scenario.repetitions=5", "scenario.min_duration_s=0.5"]
HISTORY = 10
METRICS = ("end_to_end_p90_ms", "throughput_per_s")  # what the scenario shows with its history
ACROSS = "with its history"
PLACE = ROOT / ".touchstone" / "benchmarks"


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=30)
    times = parser.parse_args().times
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    (asked,) = cli.read([*WORDS, f"tracking.uri=sqlite:///{PLACE / 'mlflow.db'}"])
    done = evaluate([asked] * (HISTORY + times))
    assert isinstance(done, Sweep)
    assert done.passed, [cell.failure for cell in done.cells]
    cells = done.cells[HISTORY:]
    lines = ["# The interval of one, the mean of the others", ""]
    lines += [f"`python -m tests.benchmarks.repeated --times {times}`: `{' '.join(WORDS)}`, {times} times after"]
    lines += [f"{HISTORY} of the same that are only history.", ""]
    head = ["metric", "interval", "mean", "deviation between evaluations, %", "median half-width, %", "held"]
    rows = [row for name in METRICS for row in (_row(name, cells, "of one session"), _row(name, cells, ACROSS))]
    lines += table([*head, "exact 95 % interval of that rate"], rows)
    write("repeated.md", lines)
    for folder in (PLACE, done.folder, *(cell.folder for cell in done.cells)):
        shutil.rmtree(folder, ignore_errors=True)


def _row(name: str, cells: tuple[Result, ...], which: str) -> list[str]:
    found = [(cell.across if which == ACROSS else cell.metrics)[name] for cell in cells]
    told = [(e.value, e.low, e.high) for e in found if e.value is not None and e.low is not None and e.high is not None]
    values, low, high = np.array(told).T
    others = (values.sum() - values) / (len(values) - 1)
    held = int(((low <= others) & (others <= high)).sum())
    rate = proportion_interval(held, len(values), 0.95)
    half = 100 * np.median((high - low) / 2 / values)
    spread = 100 * values.std(ddof=1) / values.mean()
    share = f"{100 * rate.low:.0f} to {100 * rate.high:.0f} %"
    return [name, which, f"{values.mean():.4g}", f"{spread:.1f}", f"{half:.1f}", f"{held} of {len(values)}", share]


if __name__ == "__main__":
    main()
