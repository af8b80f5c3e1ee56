"""From a result to its MLflow run: parameters are the specification, tags the identity, artifacts the raw record.

In: a `Result` and the folder that holds its files. Out: the ids of the run. A run is written whole and marked FAILED or
FINISHED; one that could not be written whole is deleted.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from tasks.database import masked
from tasks.errors import TouchstoneError
from tasks.results.measurement import Result
from tasks.specs.protocol import Tracking
from tasks.tracking.store import client, first_line, held, store_uri

PARENT, NAME = "mlflow.parentRunId", "mlflow.runName"


def start_parent(tracking: Tracking, name: str, cells: int, kind: str = "sweep") -> dict[str, str]:
    """The run that the cells of a sweep, or the sides of a comparison, hang under."""
    made, experiment = client(tracking)
    run = made.create_run(experiment, run_name=name, tags={"touchstone.kind": kind, "touchstone.cells": str(cells)})
    return _ids(tracking, experiment, run.info.run_id)


def set_status(tracking: Tracking, ids: dict[str, str], status: str) -> None:
    """Of a sweep's run: RUNNING (again), FINISHED, FAILED, or KILLED."""
    made, _ = client(tracking)
    with _explained():
        made.update_run(ids["run_id"], status) if status == "RUNNING" else made.set_terminated(ids["run_id"], status)


def log_result(
    result: Result, files: Path, metrics: dict[str, float], tags: dict[str, str], parent: str | None
) -> dict[str, str]:
    """Write one run. ``metrics`` carry MLflow's names; every file in ``files`` becomes an artifact."""
    tracking = result.evaluation.tracking
    made, experiment = client(tracking)
    named = {**tags, **({PARENT: parent} if parent else {})}
    began_ms = int(datetime.fromisoformat(result.started_at).timestamp() * 1000)
    with _explained():
        run = made.create_run(experiment, run_name=result.run, start_time=began_ms, tags=named)
    try:
        _write(made, run.info.run_id, result, files, metrics)
        made.set_terminated(run.info.run_id, "FINISHED" if result.passed else "FAILED")
    except BaseException as error:
        with suppress(Exception):  # the store may be away; then the next try deletes it
            made.delete_run(run.info.run_id)
        if isinstance(error, Exception):
            raise TouchstoneError(
                f"MLflow at {masked(store_uri(tracking))} did not take the run: {first_line(error)}"
            ) from error
        raise
    return _ids(tracking, experiment, run.info.run_id)


def describe(
    tracking: Tracking, ids: dict[str, str], metrics: dict[str, float], tags: dict[str, str], files: Path
) -> None:
    """What a parent's run came to: numbers, tags, and every file of a folder."""
    made, _ = client(tracking)
    with _explained():
        for name, value in metrics.items():
            made.log_metric(ids["run_id"], name, value)
        for name, text in tags.items():
            made.set_tag(ids["run_id"], name, text)
        made.log_artifacts(ids["run_id"], str(files))


def download(tracking: Tracking, run_id: str, folder: Path) -> str:
    """The files of a run, into that folder; the run's name. Raises `TouchstoneError` for one that is not there."""
    made, _ = client(tracking)
    with _explained():
        name = str(made.get_run(run_id).info.run_name)
        made.download_artifacts(run_id, "", str(folder))
    return name


def children(tracking: Tracking, parent: str) -> list[str]:
    """The names of the runs that belong to that one, such as the cells of a sweep."""
    made, experiment = client(tracking)
    names, page = list[str](), None
    with _explained():
        while page != "":
            found = made.search_runs([experiment], f"tags.`{PARENT}` = '{parent}'", max_results=1000, page_token=page)
            names += [str(run.info.run_name) for run in found]
            page = found.token or ""
    return names


def delete(tracking: Tracking, name: str) -> None:
    """Whatever a driver that was killed has written of the run of this name."""
    made, experiment = client(tracking)
    with _explained():
        for run in made.search_runs([experiment], f"attributes.run_name = '{name}'"):
            made.delete_run(run.info.run_id)


@contextmanager
def _explained() -> Iterator[None]:
    """What the store says, as our own error."""
    try:
        yield
    except Exception as error:
        raise TouchstoneError(f"MLflow did not take it: {first_line(error)}") from error


def tag(tracking: Tracking, run_id: str, name: str, value: str) -> None:
    """Say one more thing of a run that has been written."""
    made, _ = client(tracking)
    with _explained():
        made.set_tag(run_id, name, value)


def attach(result: Result, file: Path) -> None:
    """Add one file to a run that has been written, such as its report."""
    made, _ = client(result.evaluation.tracking)
    made.log_artifact(result.mlflow["run_id"], str(file))


def _write(made: Any, run_id: str, result: Result, files: Path, metrics: dict[str, float]) -> None:
    from mlflow.entities import Metric, Param
    from mlflow.utils.time import get_current_time_millis

    now = get_current_time_millis()
    params = [Param(k, v) for k, v in flat(json.loads(result.evaluation.model_dump_json()))]
    made.log_batch(run_id, metrics=[Metric(k, v, now, 0) for k, v in metrics.items()], params=params[:100])
    for start in range(100, len(params), 100):
        made.log_batch(run_id, params=params[start : start + 100])
    _log_dataset(made, run_id, result)
    made.log_artifacts(run_id, str(files))


def _log_dataset(made: Any, run_id: str, result: Result) -> None:
    """The data set as an MLflow input, by its hash."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    spec, archive = result.evaluation.dataset, result.evaluation.dataset.archive
    source = json.dumps({"uri": archive.path if archive else spec.folder})
    dataset = Dataset(
        name=spec.id,
        digest=result.hashes["dataset"][:16],
        source_type="local",
        source=source,
        profile=json.dumps({"classes": len(spec.labels), "samples": spec.samples.get(spec.split)}),
    )
    with held(store_uri(result.evaluation.tracking)):  # MLflow fails when two runs log a new data set at once
        made.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", spec.split)])])


def flat(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The specification as MLflow parameters: dotted names; steps and long lists as one value; empty ones left out."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flat(inner, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, list) and all(isinstance(of, dict) and "model" in of for of in value) and value:
        yield from flat({of["name"]: of for of in value}, prefix)  # the stages of a pipeline
    elif value not in (None, [], {}):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield re.sub(r"[^\w\-./: ]", "_", prefix), text if len(text) <= 500 else text[:499] + "…"


def _ids(tracking: Tracking, experiment: str, run_id: str) -> dict[str, str]:
    return {"uri": masked(store_uri(tracking)), "experiment_id": experiment, "run_id": run_id}
