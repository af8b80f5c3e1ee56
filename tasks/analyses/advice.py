"""Of everything recorded, what to use under these limits and floors.

In: newest runs as a frame, and requirements. Out: `Advice`: the choice, the front, who was ruled out and why, who could
not be decided, and what may not be ranked. A candidate is one run: model, software, hardware, host, and scenario.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from tasks.analyses.comparable import Run, agreement, estimate, protocol
from tasks.analyses.front import Axis, Candidate, best, front
from tasks.analyses.requirement import Requirement
from tasks.errors import Refused
from tasks.metrics import all_metrics
from tasks.results.measurement import Estimate

ACCURACY = "accuracy_top1"
RATES = ("peak_qps", "throughput_per_s")  # the peak rate within the scenario's own limit, else the rate as measured
CONFIGURATION = ["hash_model", "hash_software", "stack"]


@dataclass(frozen=True)
class Advice:
    """``ruled_out`` and ``undecided``: candidate → sentence. ``inseparable``: from the choice, on its axis."""

    axes: tuple[Axis, ...]
    by: Axis
    choice: Candidate | None
    front: tuple[Candidate, ...]
    inseparable: tuple[Candidate, ...]
    ruled_out: tuple[tuple[Candidate, str], ...]
    undecided: tuple[tuple[Candidate, str], ...]
    notes: tuple[str, ...]


def advise(runs: pd.DataFrame, limits: Sequence[Requirement], floors: Sequence[Requirement], by: str) -> Advice:
    """``by``: the axis that chooses, «cost» or a metric; empty for the cost where hardware has a price, else the first
    limit's metric.
    """
    passed = runs[runs["state"] == "passed"]
    offered = _offered(passed, limits)
    candidates = _candidates(passed, offered, limits, floors)
    currencies = set(offered["currency"].dropna())
    if len(currencies) > 1:
        raise Refused(f"Prices are in {' and '.join(sorted(currencies))}; filter with currency=<one>.")
    axes, notes = _axes(offered, candidates, limits, floors, by)
    eligible, out, open_ = [], [], []
    for one in candidates:
        found = {r: r.of(one.values.get(r.metric)) for r in (*limits, *floors)}
        violated = [r for r, o in found.items() if o == "violated"]
        unknown = [r for r, o in found.items() if o == "undecided"]
        if violated:
            out.append((one, "; ".join(_told(r, one) for r in violated)))
        elif unknown:
            open_.append((one, "; ".join(_told(r, one) for r in unknown)))
        else:
            eligible.append(one)
    kept, behind = front(eligible, axes)
    out += [(one, behind[one.run]) for one in eligible if one.run in behind]
    chosen = best(kept, axes[0])
    choice, close = chosen if chosen else (None, [])
    return Advice(tuple(axes), axes[0], choice, tuple(kept), tuple(close), tuple(out), tuple(open_), tuple(notes))


def _offered(runs: pd.DataFrame, limits: Sequence[Requirement]) -> pd.DataFrame:
    """Runs in the limits' scenario, all of one protocol."""
    for place in dict.fromkeys(r.place for r in limits if r.place):
        known = sorted(set(runs["scenario"]))
        runs = runs[runs["scenario"] == place]
        if runs.empty:
            raise Refused(f"No passed run was in scenario «{place}». Recorded: {', '.join(known) or 'none'}.")
    names = [r.metric for r in limits] or [RATES[-1]]
    must = [c for c in agreement(names) if c != "hash_dataset" and c in runs]
    kinds = runs.drop_duplicates(must)
    if len(kinds) > 1:
        told = "; ".join(sorted({protocol(kinds.iloc[[i]]) for i in range(len(kinds))}))
        raise Refused(
            f"The candidates were measured under {len(kinds)} protocols, which do not compare: {told}. "
            "Choose with @<scenario> after the limit, or with scenario=<name> hash_scenario=<hash>."
        )
    return runs


def _candidates(
    runs: pd.DataFrame, offered: pd.DataFrame, limits: Sequence[Requirement], floors: Sequence[Requirement]
) -> list[Candidate]:
    places = {r.place for r in floors if r.place}
    if len(places) > 1:
        raise Refused(f"Floors name {' and '.join(sorted(places))}; advice is for one data set.")
    place = next(iter(places), "")
    metrics = dict.fromkeys([*(r.metric for r in limits), *RATES])
    found = []
    for row in offered.to_dict("records"):
        of = _judged(runs, row, place)
        values = {name: estimate(row, name) if name in row else None for name in metrics}
        values |= {r.metric: None if of is None else estimate(of, r.metric) for r in floors}
        values[ACCURACY] = None if of is None else estimate(of, ACCURACY)
        values["cost"] = cost(row, next((values[rate] for rate in RATES if values[rate]), None))
        data = place or str(row["dataset"])
        parts = (f"{str(row['model']).split(' on ')[0]} on {data}", row["software"], row["hw"], f"on {row['host']}")
        found.append(Candidate(" · ".join(map(str, parts)), str(row["run"]), values))
    return _told_apart(found)


def _told_apart(found: list[Candidate]) -> list[Candidate]:
    """Names that occur twice get their run."""
    names = [c.name for c in found]
    return [replace(c, name=f"{c.name} ({c.run})") if names.count(c.name) > 1 else c for c in found]


def _judged(runs: pd.DataFrame, row: Run, place: str) -> Run | None:
    """The run that tells how right this configuration is on the data set: itself, else the newest one there."""
    if not place or row["dataset"] == place:
        return row
    own = [runs[name] == row[name] for name in CONFIGURATION]
    same = runs[own[0] & own[1] & own[2] & (runs["dataset"] == place)]
    return same.to_dict("records")[0] if len(same) else None


def cost(row: Run, rate: Estimate | None) -> Estimate | None:
    """Price of a million inferences: price per hour / (rate · 3600 s) · 10⁶; None without a price or a rate."""
    price: Any = row["price_per_hour"]
    if pd.isna(price) or rate is None or not rate.value:
        return None
    batch = float(row["batch"]) if rate.unit == "queries/s" and not pd.isna(row["batch"]) else 1.0
    each = float(price) / 3600 * 1e6 / batch
    low, high = (each / rate.high, each / rate.low) if rate.low and rate.high else (None, None)
    return Estimate(each / rate.value, f"{row['currency']} per million", low, high, rate.n, rate.processes)


def _axes(
    offered: pd.DataFrame,
    candidates: Sequence[Candidate],
    limits: Sequence[Requirement],
    floors: Sequence[Requirement],
    by: str,
) -> tuple[list[Axis], list[str]]:
    """The one that chooses first; accuracy, or what the floors are about, is one only where it may be ranked."""
    right = list(dict.fromkeys([*(Axis(r.metric, r.better) for r in floors), Axis(ACCURACY, "higher")]))
    speed = [Axis(r.metric, r.better) for r in limits]
    rate = next((r for r in RATES if any(c.values.get(r) for c in candidates)), RATES[-1])
    priced = any(c.values["cost"] for c in candidates)
    axes = [Axis("cost", "lower")] * priced + speed + [Axis(rate, "higher")] * (not priced)
    sentence = _unrankable(offered)
    if not sentence:
        axes += right
    elif by in [axis.name for axis in right]:
        raise Refused(f"{sentence} Choose with by=cost, or by={rate}.")
    axes = list(dict.fromkeys(axes))
    if by and by not in [a.name for a in axes]:
        if by == "cost":
            raise Refused("by=cost: no candidate's hardware names a price. Set hw.price_per_hour=… hw.currency=….")
        axes.append(Axis(by, all_metrics()[by].direction))
    axes.sort(key=lambda a: a.name != by)
    return axes, [sentence] * bool(sentence)


def _unrankable(offered: pd.DataFrame) -> str:
    """Why accuracy is not ranked: seeded weights beside another model."""
    seeded = sorted(set(offered[offered["weights"] == "seeded"]["model"]))
    if not seeded or offered["model_id"].nunique() < 2:
        return ""
    return (
        f"Accuracy is not ranked across models: the weights of {', '.join(seeded)} come from a seed, so its accuracy "
        "says nothing of the model."
    )


def _told(requirement: Requirement, one: Candidate) -> str:
    from tasks.reporting.numbers import shown

    seen = one.values.get(requirement.metric)
    if seen is None or seen.value is None:
        return f"{requirement.text}: not measured"
    number = shown(seen)
    return f"{requirement.text}: {requirement.metric} is {number.full}" + (
        f" ({number.interval})" if number.interval else ", without an interval"
    )
