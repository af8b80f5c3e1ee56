"""`p99<50ms@server` and `accuracy_top1>0.9@patches`: what a choice has to satisfy.

In: text, and the metrics that are recorded. Out: a `Requirement` in the metric's own unit, or one sentence.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from tasks import plugins
from tasks.errors import Refused
from tasks.metrics import all_metrics
from tasks.results.budget import outcome
from tasks.results.measurement import Estimate, Outcome

FORM = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(<=|>=|≤|≥|<|>)\s*([0-9.eE+-]+)\s*([a-zA-Zµ%/]*)\s*(?:@\s*(\S+))?\s*")
UNITS = {
    "ms": {"ms": 1.0, "s": 1e3, "us": 1e-3, "µs": 1e-3},
    "s": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6},
    "us": {"us": 1.0, "µs": 1.0, "ms": 1e3},
    "bytes": {"bytes": 1.0, "B": 1.0, "MiB": 2.0**20, "GiB": 2.0**30, "MB": 1e6, "GB": 1e9},
    "fraction": {"": 1.0, "%": 0.01},
    "samples/s": {"/s": 1.0, "samples/s": 1.0},
    "queries/s": {"/s": 1.0, "queries/s": 1.0, "qps": 1.0},
}
BOUNDARIES = ("response", "end_to_end", "predict")  # of a bare «p99»: the first that is recorded, what a user waits for


@dataclass(frozen=True)
class Requirement:
    """``place``: the scenario of a limit, the data set of a floor; empty for any."""

    text: str
    metric: str
    bound: float
    better: Literal["lower", "higher"]
    strict: bool
    place: str

    def of(self, seen: Estimate | None) -> Outcome:
        """Met, violated, or undecided by the interval."""
        return outcome(seen, self.bound, self.better, self.strict)


def parsed(kind: str, text: str, recorded: Collection[str]) -> Requirement:
    """``kind``: limit or floor, for the sentence. ``recorded``: names of metrics that any run has."""
    found = FORM.fullmatch(text)
    if not found:
        raise Refused(f"{kind}={text} is not of the form metric<number[unit][@where], such as p99<50ms@server.")
    name, sign, number, unit, place = found.groups()
    metric = _metric(kind, name, recorded)
    of = all_metrics()[metric]
    better: Literal["lower", "higher"] = "lower" if sign[0] in "<≤" else "higher"
    if better != of.direction:
        raise Refused(f"{kind}={text}: of {metric}, {of.direction} is better; bound it from the other side.")
    known = UNITS.get(of.unit, {of.unit: 1.0})
    if unit and unit not in known:
        raise Refused(f"{kind}={text}: {metric} is in {of.unit}; give the bound in {' or '.join(filter(None, known))}.")
    try:
        bound = float(number) * (known[unit] if unit else 1.0)
    except ValueError as error:
        raise Refused(f"{kind}={text}: «{number}» is no number.") from error
    return Requirement(text, metric, bound, better, sign in "<>", place or "")


def _metric(kind: str, name: str, recorded: Collection[str]) -> str:
    """A metric by its name, or a latency by the end of it."""
    if name in all_metrics():
        return name
    ends = [f"{boundary}_{name}_ms" for boundary in BOUNDARIES]
    known = [end for end in ends if end in all_metrics()]
    if known:
        return next((end for end in known if end in recorded), known[0])
    raise Refused(f"{kind}: {plugins.unknown('metric', name, sorted(all_metrics()))}")
