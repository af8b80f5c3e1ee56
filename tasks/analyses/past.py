"""The past of one evaluation on one host: a table and pictures of its values over time, with what changed.

In: its runs, oldest first, as `history` gives them. Out: a `Table` and a `Drawing` a metric.
"""

import pandas as pd

from tasks.analyses.comparable import estimate, protocol
from tasks.analyses.drift import watched
from tasks.metrics import all_metrics
from tasks.reporting.drawing import Drawing
from tasks.reporting.forest import timeline
from tasks.results.tables import Row, Table
from tasks.specs.protocol import Drift


def past(runs: pd.DataFrame, metrics: list[str], drift: Drift) -> tuple[Table, list[Drawing]]:
    """Rows are marked with what was outside of what was expected (o), and with what had changed (!)."""
    if runs.empty:
        return Table("", (), (), ()), []
    marks: dict[int, list[str]] = {}
    drawings = []
    known = [name for name in metrics if runs[name].notna().any()]
    for name in known:
        rows, seen = watched(runs, name, drift, len(known))
        for at, one in zip(rows.index, seen, strict=True):
            if one.outside:
                marks.setdefault(at, []).append(f"{'!' if one.changed else 'o'} {name}")
        if seen:
            drawings.append(timeline(name, all_metrics()[name].unit, rows["started"].tolist(), seen))
    first = runs.iloc[-1]
    title = f"{first['model']} · {first['software']} · {protocol(runs)} on {first['host']}"
    made = tuple(
        Row(
            row["run"],
            f"{row['started']:%Y-%m-%d %H:%M}",
            (row["run"],),
            tuple(estimate(row, name) for name in known),
            str(row["state"]),
            ", ".join(marks.get(at, [])),
        )
        for at, row in enumerate(runs.to_dict("records"))
    )
    notes = (f"!: changed, o: outside once. At most {drift.alarms_per_month:g} false alarms a month are expected.",)
    return Table(title, ("run",), tuple(known), made, notes), drawings
