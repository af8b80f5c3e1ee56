"""Recorded runs as a pandas frame: one row an evaluation, newest first; columns are aspects, hashes, metrics, state.

In: a store and what to select. Out: the frame, or nothing recorded as an empty one. A database is read as it is, in
a query a table and without MLflow, whose search takes seconds for a thousand runs; an http:// store through MLflow.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tasks.database import masked
from tasks.errors import Refused, TouchstoneError
from tasks.specs.protocol import Tracking
from tasks.tracking.store import first_line, store_uri

PARAMS = {
    "model_id": "model.id", "model_version": "model.version", "weights": "model.weights", "dataset": "dataset.id",
    "split": "dataset.split", "framework": "software.framework", "version": "software.version",
    "python": "software.python", "threads": "software.threads.intra", "batch": "scenario.batch_size",
    "scenario_kind": "scenario.kind", "repetitions": "scenario.repetitions",
    "accuracy_samples": "scenario.accuracy_samples", "seed": "scenario.seed",
    "price_per_hour": "hw.price_per_hour", "currency": "hw.currency",
}  # fmt: skip
TAGS = {
    "model": "touchstone.title", "software": "software", "hw": "hw", "scenario": "scenario", "host": "host",
    "state": "touchstone.state", "stack": "touchstone.stack", "effective": "touchstone.version",
    "device": "touchstone.device", "processor": "touchstone.processor", "metrics": "touchstone.metrics",
    "drift": "touchstone.drift", "expected": "touchstone.expect", "baseline": "touchstone.baseline",
    "sweep": "mlflow.parentRunId", "commit": "mlflow.source.git.commit",
    **{f"hash_{aspect}": f"hash.{aspect}" for aspect in
       ("evaluation", "model", "dataset", "software", "hw", "scenario", "tracing")},
}  # fmt: skip
ASPECTS = tuple(name for name in (*PARAMS, *TAGS) if name not in ("metrics", "effective", "sweep"))
FIRST = ("run", "run_id", "started")
IDENTITY = ["hash_evaluation", "stack", "host"]  # of a question: the same one, asked again
PAGE = 1000
FEW = 500
BATCH = {"single_stream": "1"}


def frame(
    tracking: Tracking,
    metrics: Iterable[str] | None = None,
    fields: Iterable[str] = (),
    where: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Columns: run, run_id, started (UTC), `ASPECTS`, each metric with ``_low``, ``_high``, ``_n``, ``_version``.

    ``metrics``: None for all that are recorded. ``fields``: further ones of the specification, dotted. ``where``:
    column of `TAGS`, or «run» → the value it must have. Raises `TouchstoneError` when the store cannot be read.
    """
    names = None if metrics is None else list(metrics)
    wanted = {**PARAMS, **{field: field for field in fields}}
    uri = store_uri(tracking)
    source = _over_http if uri.startswith(("http://", "https://")) else _from_database
    table = source(uri, tracking.experiment, wanted, names, dict(where or {}))
    return _tidy(table, wanted, names)


def newest(runs: pd.DataFrame) -> pd.DataFrame:
    """Of every question its newest run."""
    return runs.drop_duplicates(IDENTITY)


Rows = dict[str, dict[str, Any]]


def _from_database(
    uri: str, experiment: str, wanted: dict[str, str], metrics: list[str] | None, where: dict[str, str]
) -> Rows:
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    if uri.startswith("sqlite:///"):
        path = Path(uri.removeprefix("sqlite:///"))
        if not path.is_file():
            return {}
        uri = f"sqlite:///file:{path.resolve()}?mode=ro&uri=true"
    try:
        engine = create_engine(uri)
        with engine.connect() as connection:
            chosen, values = _chosen(where)
            values["experiment"] = experiment
            begun = connection.execute(text(f"SELECT run_uuid, name, start_time FROM runs WHERE {chosen}"), values)
            rows: Rows = {uuid: {"run": name, "run_id": uuid, "started": at} for uuid, name, at in begun}
            if not rows:
                return rows
            few = list(rows) if where and len(rows) <= FEW else None
            for table, columns in (("params", wanted), ("tags", TAGS)):
                named = {key: column for column, key in columns.items()}
                _fill(rows, connection, table, few, named)
            _fill(rows, connection, "latest_metrics", few, _keys(metrics))
        engine.dispose()
    except SQLAlchemyError as error:
        said = first_line(getattr(error, "orig", None) or error)
        raise TouchstoneError(f"The MLflow store {masked(uri)} cannot be read: {said}") from error
    return rows


def _chosen(where: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """Runs of an evaluation in this experiment that have these tags, as SQL with its values."""
    parts = [
        "lifecycle_stage = 'active'",
        "experiment_id IN (SELECT experiment_id FROM experiments WHERE name = :experiment)",
        "run_uuid IN (SELECT run_uuid FROM tags WHERE key = 'touchstone.title')",
    ]
    values: dict[str, Any] = {}
    for number, (column, value) in enumerate(where.items()):
        values[f"v{number}"] = value
        if column == "run":
            parts.append(f"name = :v{number}")
        else:
            values[f"k{number}"] = TAGS[column]
            parts.append(f"run_uuid IN (SELECT run_uuid FROM tags WHERE key = :k{number} AND value = :v{number})")
    return " AND ".join(parts), values


def _keys(metrics: list[str] | None) -> dict[str, str] | None:
    """MLflow's name of each metric and of its ends → column; None: every one."""
    if metrics is None:
        return None
    ends = [f"{name}{end}" for name in metrics for end in ("", "_low", "_high")]
    # Where the «/» stands depends on the metric's group, which is not known here.
    return {recorded: name for name in ends for recorded in _recorded(name)}


def _recorded(name: str) -> Iterator[str]:
    parts = name.split("_")
    yield from ("_".join(parts[:i]) + "/" + "_".join(parts[i:]) for i in range(1, len(parts)))


def _fill(rows: Rows, connection: Any, table: str, few: list[str] | None, named: dict[str, str] | None) -> None:
    """One table's keys and values into the rows. ``few``: the runs, where they are few enough to be asked by id."""
    from sqlalchemy import bindparam, text

    given = {"keys": list(named) if named is not None else None, "few": few}
    # Of every run it is quicker to read the table as it lies than by its index of keys, which «||» keeps from use.
    columns = {"keys": "key" if few is not None else "key || ''", "few": "run_uuid"}
    asked = [name for name, values in given.items() if values is not None]
    condition = " AND ".join(f"{columns[name]} IN :{name}" for name in asked) or "1 = 1"
    query = text(f"SELECT run_uuid, key, value FROM {table} WHERE {condition}")
    query = query.bindparams(*(bindparam(name, expanding=True) for name in asked))
    found = connection.execute(query, {name: given[name] for name in asked})
    named = named if named is not None else _Dotless()
    for uuid, key, value in found.cursor.fetchall():  # the driver's own: half a million rows
        if uuid in rows:
            rows[uuid][named[key]] = value


class _Dotless(dict[str, str]):
    """MLflow's name of a metric → column."""

    def __missing__(self, key: str) -> str:
        self[key] = key.replace("/", "_", 1)
        return self[key]


def _over_http(
    uri: str, experiment: str, wanted: dict[str, str], metrics: list[str] | None, where: dict[str, str]
) -> Rows:
    import mlflow
    from mlflow.exceptions import MlflowException

    asked = [f"attributes.run_name = '{v}'" if k == "run" else f"tags.`{TAGS[k]}` = '{v}'" for k, v in where.items()]
    rows: Rows = {}
    try:
        client = mlflow.MlflowClient(uri)
        found = client.get_experiment_by_name(experiment)
        token: str | None = "" if found else None
        while token is not None:
            page = client.search_runs([found.experiment_id], " AND ".join(asked), max_results=PAGE, page_token=token)
            for run in page:
                if TAGS["model"] in run.data.tags:
                    rows[run.info.run_id] = _row(run, wanted, metrics)
            token = page.token or None
    except (MlflowException, OSError) as error:
        raise TouchstoneError(f"The MLflow store {masked(uri)} cannot be read: {first_line(error)}") from error
    return rows


def _row(run: Any, wanted: dict[str, str], metrics: list[str] | None) -> dict[str, Any]:
    named = _keys(metrics)
    numbers = {k: v for k, v in run.data.metrics.items() if named is None or k in named}
    return {
        "run": run.info.run_name, "run_id": run.info.run_id, "started": run.info.start_time,
        **{column: run.data.params[key] for column, key in wanted.items() if key in run.data.params},
        **{column: run.data.tags[key] for column, key in TAGS.items() if key in run.data.tags},
        **{k.replace("/", "_", 1): v for k, v in numbers.items()},
    }  # fmt: skip


def _tidy(rows: Rows, wanted: dict[str, str], metrics: list[str] | None) -> pd.DataFrame:
    """The frame with every column that was asked for, types, n and version of each metric; newest first."""
    aspects = [*FIRST, *wanted, *TAGS]
    for row in rows.values():
        row["version"] = row.pop("effective", None) or row.get("version")
        row["batch"] = row.get("batch") or BATCH.get(row.get("scenario_kind", ""))
        for name, (n, version) in json.loads(row.pop("metrics", None) or "{}").items():
            if metrics is None or name in metrics:
                row[f"{name}_n"], row[f"{name}_version"] = n, version
    table = pd.DataFrame.from_records(list(rows.values()))
    for name in metrics or ():
        aspects += [f"{name}{end}" for end in ("", "_low", "_high", "_n", "_version")]
    missing = [column for column in aspects if column not in table and column not in ("metrics", "effective")]
    table = table.reindex(columns=[*table.columns, *missing])
    table["started"] = pd.to_datetime(table["started"], unit="ms", utc=True)
    table["price_per_hour"] = pd.to_numeric(table["price_per_hour"])
    return table.sort_values("started", ascending=False, kind="stable").reset_index(drop=True)


def named(
    tracking: Tracking, run: str, metrics: Iterable[str] | None = None, fields: Iterable[str] = ()
) -> pd.DataFrame:
    """The recorded run of that name, as one row; `Refused` with the newest ones when there is none."""
    found = frame(tracking, metrics, fields, where={"run": run})
    if len(found):
        return found.head(1)
    from tasks import plugins

    raise Refused(plugins.unknown("run", run, list(frame(tracking, ())["run"].head(20))))
