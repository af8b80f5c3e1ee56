"""`python -m tests.benchmarks.store_probe URI REPORT`: what a driver does with a store, in seconds, as JSON."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow

from flows import cli
from tasks.metrics import mlflow_name
from tasks.results.recorded import read_result
from tasks.tracking import runs
from tasks.tracking.store import client

took: dict[str, float] = {}


@contextmanager
def timed(name: str) -> Iterator[None]:
    begin = time.monotonic()
    yield
    took[name] = time.monotonic() - begin


uri, report = sys.argv[1:]
tracking = cli.default().tracking.model_copy(update={"uri": uri})
result = read_result(Path(report) / "summary.json")
result = result.with_(evaluation=result.evaluation.model_copy(update={"tracking": tracking}))
metrics = {mlflow_name(name): e.value for name, e in result.metrics.items() if e.value is not None}
with timed("`client()`, the first of a driver (MLflow is imported)"):
    made, experiment = client(tracking)
with timed("`client()` again"):
    client(tracking)
with tempfile.TemporaryDirectory() as empty, timed("logging a run"):
    ids = runs.log_result(result, Path(empty), metrics, {"touchstone.title": result.evaluation.title}, None)
parent = mlflow.MlflowClient(uri).get_run(result.mlflow["run_id"]).data.tags[runs.PARENT]
with timed("`search_runs` of one sweep"):
    found = made.search_runs([experiment], f"tags.`{runs.PARENT}` = '{parent}'")
assert found
with timed("`search_runs` over everything with a filter, the first 1000"):
    made.search_runs([experiment], "metrics.`accuracy/top1` > 0.5 AND params.`software.id` = 'onnxruntime'")
made.delete_run(ids["run_id"])
json.dump(took, sys.stdout)
