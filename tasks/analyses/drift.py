"""An evaluation against its own history: the runs of the same question, software, and host before it.

In: runs as a frame, newest first. Out: `Watched` values a metric, findings of the newest run, and its intervals with
what differed between the runs.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pandas as pd

from tasks.metrics import all_metrics
from tasks.results.measurement import Estimate, Finding, Result
from tasks.specs.protocol import Drift
from tasks.statistics import Interval, Watched, across_sessions, watch

CHANGED = "changed"
MONTH = timedelta(days=30)
MEMORY = 200  # runs that are looked at: `watch` keeps a baseline of 30


def history(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs that passed, oldest first, from the last one on that was accepted as a new beginning."""
    oldest_first = runs[runs["state"] == "passed"].iloc[::-1].reset_index(drop=True)
    accepted = oldest_first.index[oldest_first["baseline"].notna()]
    return oldest_first.loc[accepted[-1] if len(accepted) else 0 :].tail(MEMORY)


def watched(runs: pd.DataFrame, metric: str, drift: Drift, family: int) -> tuple[pd.DataFrame, list[Watched]]:
    """The runs that have the metric, and what `watch` says of each. ``family``: metrics that share alarms."""
    known = _same(runs, metric)
    values = [float(value) for value in known[metric]]
    return known, watch(values, per_month(known["started"].tolist()), drift.alarms_per_month / family)


def per_month(times: Sequence[datetime]) -> float:
    """Runs in the 30 days up to the newest, 1 at least: how often chance could raise an alarm in a month."""
    return max(1.0, float(sum(times[-1] - at < MONTH for at in times))) if times else 1.0


def findings(runs: pd.DataFrame, drift: Drift) -> Iterator[Finding]:
    """What changed in the last run of a history, with what was expected."""
    known = [name for name in drift.metrics if name in all_metrics() and name in runs]
    for name in known:
        rows, seen = watched(runs, name, drift, len(known))
        if not seen or not seen[-1].changed or rows.index[-1] != runs.index[-1]:
            continue
        last, since = seen[-1], _since(seen)
        unit = all_metrics()[name].unit
        assert last.expected is not None  # what changed was expected otherwise
        better = (last.value < last.expected.low) == (all_metrics()[name].direction == "lower")
        yield Finding(
            CHANGED,
            "note" if better else "warning",
            f"{name} is {last.value:.4g} {unit}; the runs before let expect {last.expected.low:.4g} to "
            f"{last.expected.high:.4g}. It has changed since {rows.iloc[since]['run']}.",
            f"See python -m flows.results history={runs.iloc[-1]['run']}; accept=<run> begins a new history there.",
        )


def across(runs: pd.DataFrame, names: Iterable[str], result: Result) -> dict[str, Estimate]:
    """Of the metrics that the history is long enough for: the result's value, with the interval over sessions.

    ``runs``: a history, whose last row is the result. ``n`` counts the runs before it.
    """
    found = {}
    for name in names:
        own, before = result.metrics[name], [float(x) for x in _same(runs, name)[name].iloc[:-1]]
        if not own.value or own.low is None or own.high is None or all_metrics()[name].boundary == "output":
            continue
        interval = across_sessions(own.value, Interval(own.low, own.high), before)
        if interval is not None:
            found[name] = replace(own, low=interval.low, high=interval.high, n=len(before))
    return found


def _same(runs: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The runs that have the metric as the newest one has it.

    Numbers of another formula are another metric; those from before versions were recorded are taken as this one.
    """
    versions = runs[f"{metric}_version"].fillna("")
    same = (versions == "") | (versions == versions.iloc[-1])
    rows: pd.DataFrame = runs[same & (runs[metric] > 0)]
    return rows


def _since(seen: list[Watched]) -> int:
    """Where the outside runs that end the list begin."""
    first = len(seen) - 1
    while first > 0 and seen[first - 1].outside:
        first -= 1
    return first
