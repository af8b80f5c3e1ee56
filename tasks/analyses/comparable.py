"""Which recorded runs may stand in one table: the same data set, protocol, and versions of the metrics.

In: a frame of runs. Out: `Table`s, one a protocol; or one of all, with a mark at every row that does not agree.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tasks.metrics import all_metrics
from tasks.results.measurement import Estimate
from tasks.results.tables import Row, Table
from tasks.tracking.records import ASPECTS, IDENTITY

TELLING = ("model", "software", "version", "hw", "host", "scenario", "batch", "threads", "weights", "stack")

ABOUT_A_RUN = ("commit", "drift", "expected", "baseline", "state")  # differ between runs of one question

Run = Mapping[Any, Any]  # a row of the frame


def tables(runs: pd.DataFrame, by: Sequence[str], metrics: Sequence[str], together: bool) -> list[Table]:
    """Those of ``runs`` that have any of the metrics or failed, grouped by what must agree; the largest group first."""
    kept = runs[runs[list(metrics)].notna().any(axis=1) | (runs["state"] != "passed")]
    must = agreement(metrics)
    groups = [group for _, group in kept.groupby(must, dropna=False, sort=False)]
    groups.sort(key=len, reverse=True)
    if together and groups:
        return [_together(groups, by, metrics, must)]
    return [Table(protocol(g), *_rows(g, by, metrics, [""] * len(g))) for g in groups]


def agreement(metrics: Sequence[str]) -> list[str]:
    """The columns in which rows must agree. How fast queries came does not change how right their answers are."""
    only_accuracy = all(all_metrics()[name].boundary == "output" for name in metrics)
    asked = ["accuracy_samples", "seed"] if only_accuracy else ["hash_scenario", "hash_tracing"]
    return ["hash_dataset", *asked, *(f"{name}_version" for name in metrics)]


def protocol(group: pd.DataFrame) -> str:
    """What the rows have in common, in words."""
    row = group.iloc[0]
    batch = f", batch {row['batch']}" if isinstance(row["batch"], str) and row["batch"] != "1" else ""
    return f"{row['dataset']}/{row['split']} · {row['scenario']}{batch} ({str(row['hash_scenario'])[:6]})"


def estimate(row: Run, name: str) -> Estimate | None:
    """A metric of one run as an estimate; None when it was not measured."""
    value, low, high, n = (row.get(f"{name}{end}") for end in ("", "_low", "_high", "_n"))
    if pd.isna(value):
        return None
    interval = None if pd.isna(low) or pd.isna(high) else (float(low), float(high))
    processes: int = 1 if pd.isna(row["repetitions"]) else int(row["repetitions"])
    lowest, highest = interval or (None, None)
    unit = all_metrics()[name].unit
    return Estimate(float(value), unit, lowest, highest, 0 if pd.isna(n) else int(n), processes)


def columns(group: pd.DataFrame, by: Sequence[str]) -> list[str]:
    """``by``, and what else tells two rows apart that it would show as one."""
    shown, others = list(by), [a for a in ASPECTS if a not in (*TELLING, *IDENTITY, *ABOUT_A_RUN)]
    while len(same := group[group.duplicated(shown, keep=False)]):
        left = [c for c in (*TELLING, *others, "started") if c not in shown]
        each = same.groupby(shown, dropna=False)
        more = next((c for c in left if (each[c].nunique(dropna=False) > 1).any()), None)
        if more is None:
            break
        shown.append(more)
    return shown


def _rows(
    group: pd.DataFrame, by: Sequence[str], metrics: Sequence[str], marks: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Row, ...]]:
    shown = columns(group, by)
    rows = [
        Row(
            row["run"],
            f"{row['started']:%Y-%m-%d %H:%M}",
            tuple(_text(row[name]) for name in shown),
            tuple(estimate(row, name) for name in metrics),
            str(row["state"]),
            mark,
        )
        for row, mark in zip(group.to_dict("records"), marks, strict=True)
    ]
    rows.sort(key=lambda row: (row.aspects, row.started))
    return tuple(shown), tuple(metrics), tuple(rows)


def _together(groups: list[pd.DataFrame], by: Sequence[str], metrics: Sequence[str], must: list[str]) -> Table:
    """One table; rows of the first group have no mark."""
    marks = [f"†{i}" if i else "" for i, group in enumerate(groups) for _ in range(len(group))]
    notes = [
        f"†{i} not comparable with the rows without a mark: another {_other(groups[0], group, must)}"
        for i, group in enumerate(groups)
        if i
    ]
    return Table("everything together", *_rows(pd.concat(groups), by, metrics, marks), tuple(notes))


def _other(first: pd.DataFrame, group: pd.DataFrame, must: list[str]) -> str:
    names = {"hash_dataset": "data set", "hash_scenario": "scenario", "hash_tracing": "tracing level"}
    a, b = first.iloc[0], group.iloc[0]
    differ = [names.get(c, c.replace("_version", "'s formula")) for c in must if str(a[c]) != str(b[c])]
    return f"{' and '.join(differ)} ({protocol(group)})"


def _text(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, pd.Timestamp) else "" if pd.isna(value) else str(value)
