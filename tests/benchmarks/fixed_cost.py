"""`python -m tests.benchmarks.fixed_cost [--rounds 5]`: what a run costs beside its agents → reports/fixed_cost.md.

A quick evaluation of patchnet with services up and with `services=ephemeral`, in turn. Fixed cost = wall time of the
command less the steps in which an agent works (`inputs`, `accuracy`, `timed` of its `steps_s`).
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from typing import Any

from tasks import ROOT

WORDS = ["+model=patchnet", "scenario=quick"]
KINDS = {"services up": [], "services=ephemeral": ["services=ephemeral"]}
AGENTS = ("inputs", "accuracy", "timed")


def run(more: list[str]) -> tuple[float, dict[str, float]]:
    """Wall time in s and `steps_s`."""
    begin = time.monotonic()
    command = [sys.executable, "-m", "flows.evaluate", *WORDS, *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    wall = time.monotonic() - begin
    summary: dict[str, Any] = json.loads((ROOT / done.stdout.strip().splitlines()[-1]).read_text())
    return wall, summary["steps_s"]


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    run([])  # everything is fetched, built, and up
    found: dict[str, list[tuple[float, dict[str, float]]]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind, more in KINDS.items():
            found[kind].append(run(more))
            print(kind, f"{found[kind][-1][0]:.1f} s", flush=True)
    (ROOT / "reports" / "fixed_cost.md").write_text("\n".join(_table(found, rounds)) + "\n")


def _table(found: dict[str, list[tuple[float, dict[str, float]]]], rounds: int) -> list[str]:
    steps = list(next(iter(found.values()))[0][1])
    lines = [
        "# The fixed cost of a run",
        "",
        f"`python -m tests.benchmarks.fixed_cost`: `{' '.join(WORDS)}`, {rounds} rounds in turn; seconds, medians",
        "(smallest to largest). Fixed = wall time less the steps in which an agent works.",
        "",
        f"| | wall | fixed | {' | '.join(steps)} |",
        f"|---|{'---|' * (len(steps) + 2)}",
    ]
    for kind, runs in found.items():
        fixed = [wall - sum(of[s] for s in AGENTS) for wall, of in runs]
        shown = [_shown([wall for wall, _ in runs]), f"**{_shown(fixed)}**"]
        shown += [f"{statistics.median(of[s] for _, of in runs):.1f}" for s in steps]
        lines.append(f"| {kind} | {' | '.join(shown)} |")
    return lines


def _shown(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


if __name__ == "__main__":
    main()
