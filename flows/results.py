"""`python -m flows.results 'by=[model,software]' metric=end_to_end_p99_ms`: tables and pictures of recorded runs.

by=[…]        aspects that tell rows apart: model software version hw host scenario batch threads … or a dotted field
metric=[…]    one or several
model=… software=… host=… scenario=… since=7d            filters, by any aspect; [a,b] for several values
runs=all      every run; else the newest of each evaluation, software, and host
together=yes  rows of different data sets or protocols in one table, each with a mark; else one table each
history=…     a run, or the words of an evaluation in quotes: its values over time, with what has changed
accept=<run>  what has changed with that run is the new normal: its history begins there

No server is needed; the store is that of the evaluations (MLFLOW_TRACKING_URI; tracking.uri=… tracking.experiment=…).
From Python: `flows.results.frame(…)`, a pandas frame. The last line on standard output is the page's path.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from flows import cli, conf
from flows.recorded import REPORTS
from tasks import plugins
from tasks.errors import Refused
from tasks.specs.protocol import Tracking

if TYPE_CHECKING:
    import pandas as pd

    from tasks.results.tables import Table

OWN = ("by", "metric", "runs", "together", "history", "accept")
BY, METRICS = "[model,software]", "[accuracy_top1,predict_p50_ms,throughput_per_s]"
WORD = re.compile(r"([a-z_.0-9]+)=(.*)", re.DOTALL)


def frame(
    metrics: Iterable[str] | None = None, fields: Iterable[str] = (), words: Iterable[str] = (), **filters: str
) -> "pd.DataFrame":
    """Recorded runs, newest first, as `tasks/tracking/records.py` describes them; ``filters`` as on the command line.

    ``metrics``: None for all. ``words``: of the store, such as tracking.experiment=….
    """
    from tasks.analyses.select import select
    from tasks.tracking import records

    runs = records.frame(tracking(list(words)), metrics, [*fields, *(f for f in filters if "." in f)])
    return select(runs, filters)


def tracking(words: list[str]) -> Tracking:
    """The store that these words name; by default that of the evaluations."""
    return cli.default(words).tracking


def run(words: list[str]) -> int:
    """Print what is asked, and write its page."""
    given, store = _read(words)
    if "accept" in given:
        return _accepted(store, given["accept"])
    from tasks.analyses.select import listed
    from tasks.metrics import require_known

    metrics = listed(given.get("metric", METRICS))
    require_known("metric", metrics)
    if "history" in given:
        return _history(store, given["history"], metrics if "metric" in given else None)
    return _compared(store, listed(given.get("by", BY)), metrics, given)


def _read(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Our words by name, and those of the store."""
    from tasks.tracking.records import ASPECTS

    given: dict[str, str] = {}
    for word in words:
        found = WORD.fullmatch(word)
        if not found:
            raise Refused(f"«{word}» is no name=value. See python -m flows.results --help.")
        given[found[1]] = found[2]
    store = [w for w in words if w.startswith("tracking")]
    ours = {k: v for k, v in given.items() if not k.startswith("tracking")}
    for name in ours:
        if name not in (*OWN, *ASPECTS, "since") and "." not in name:
            raise Refused(plugins.unknown("word", name, [*OWN, "since", *ASPECTS]))
    return ours, store


def _compared(store: list[str], by: list[str], metrics: list[str], given: dict[str, str]) -> int:
    from tasks.analyses.comparable import tables
    from tasks.reporting import listing
    from tasks.reporting.forest import forest
    from tasks.tracking.records import ASPECTS, newest

    for name in by:
        if name not in ASPECTS and "." not in name:
            raise Refused(f"by: {plugins.unknown('aspect', name, list(ASPECTS))}")
    filters = {k: v for k, v in given.items() if k not in OWN}
    runs = frame(metrics, [f for f in by if "." in f], store, **filters)
    runs = runs if given.get("runs") == "all" else newest(runs)
    made = tables(runs, by, metrics, given.get("together") in ("yes", "true"))
    if not made:
        raise Refused(f"No recorded run has {' or '.join(metrics)}; evaluate first, or ask for less.")
    listing.show(made)
    drawn = [forest(table, metric, place) for place, table in enumerate(made) for metric in metrics]
    title = f"{', '.join(metrics)} by {', '.join(by)}"
    filtered = [" ".join(f"{k}={v}" for k, v in filters.items())] if filters else []
    return _written(title, made, [d for d in drawn if d], filtered)


def _history(store: list[str], asked: str, metrics: list[str] | None) -> int:
    """One table and one picture a metric for each software and host that the evaluation ran with."""
    from tasks.analyses.drift import history
    from tasks.analyses.past import past
    from tasks.reporting import listing
    from tasks.tracking import records

    where = tracking(store)
    chosen = metrics or list(where.drift.metrics)
    if "+model=" in asked:
        same = {"hash_evaluation": cli.composed(asked.split()).hashes()["evaluation"]}
    else:
        row = records.named(where, asked, ()).iloc[0]
        same = {name: row[name] for name in records.IDENTITY if isinstance(row[name], str)}
    runs = records.frame(where, chosen, where=same)
    found = [past(history(each), chosen, where.drift) for _, each in runs.groupby(records.IDENTITY[1:], dropna=False)]
    made, drawn = [t for t, _ in found if t.rows], [d for _, drawings in found for d in drawings]
    if not made:
        raise Refused(f"history={asked}: no run of it passed in this store.")
    listing.show(made)
    return _written(f"history of {asked}", made, drawn, [])


def _accepted(store: list[str], name: str) -> int:
    """Mark the run as the beginning of a new history."""
    from tasks.tracking import records, runs

    where = tracking(store)
    runs.tag(where, str(records.named(where, name, ()).iloc[0]["run_id"]), records.TAGS["baseline"], "yes")
    print(f"{name} begins the history of its evaluation; earlier runs are no longer compared with.")
    return 0


def _written(title: str, made: "list[Table]", drawn: list, notes: list[str]) -> int:  # type: ignore[type-arg]
    from tasks.reporting import listing

    file = re.sub(r"[^A-Za-z0-9_]+", "-", " ".join([title, *notes])).strip("-")[:120]
    print(conf.relative(listing.page(title, made, drawn, notes, Path(REPORTS / "results" / f"{file}.html"))))
    return 0


if __name__ == "__main__":
    sys.exit(cli.main("results", run, __doc__))
