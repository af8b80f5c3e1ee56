"""Runs in a real MLflow store (SQLite in a folder of the test)."""

import resource
import subprocess
import sys
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from tasks import ROOT
from tasks.errors import TouchstoneError
from tasks.results.files import write_files
from tasks.tracking import runs
from tasks.tracking.store import client, store_uri
from tests.results_builder import result, timed


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


def test_a_run_holds_parameters_tags_metrics_data_set_and_raw_values(tmp_path: Path, uri: str) -> None:
    made = result(tmp_path / "run", tracking__uri=uri)
    made.folder.mkdir()
    write_files(made, made.folder)
    ids = runs.log_result(made, made.folder, {"predict/p50_ms": 1.0}, {"hash.model": made.hashes["model"]}, None)
    client = mlflow.MlflowClient(uri)
    run = client.get_run(ids["run_id"])
    assert run.info.status == "FINISHED" and run.info.run_name == "tiny-run"
    assert run.data.metrics == {"predict/p50_ms": 1.0}
    assert run.data.tags["hash.model"] == made.hashes["model"]
    assert run.data.params["scenario.min_queries"] == "20" and run.data.params["software.id"] == "onnxruntime"
    assert run.inputs.dataset_inputs[0].dataset.name == "colors"
    names = {a.path for a in client.list_artifacts(ids["run_id"])}
    assert {"evaluation.yaml", "lock.txt", "latencies.parquet", "predictions.parquet", "environment.json"} <= names
    latencies = pd.read_parquet(client.download_artifacts(ids["run_id"], "latencies.parquet"))
    assert len(latencies) == 100 and set(latencies["process"]) == {0, 1}


def test_a_failed_evaluation_is_a_failed_run(tmp_path: Path, uri: str) -> None:
    made = result(tmp_path, timed(0), tracking__uri=uri).with_(failure="The timed process was ended by SIGSEGV.")
    (tmp_path / "files").mkdir()
    ids = runs.log_result(made, tmp_path / "files", {}, {}, None)
    assert mlflow.MlflowClient(uri).get_run(ids["run_id"]).info.status == "FAILED"


def test_cells_hang_under_their_sweep(tmp_path: Path, uri: str) -> None:
    made = result(tmp_path, tracking__uri=uri)
    (tmp_path / "files").mkdir()
    parent = runs.start_parent(made.evaluation.tracking, "sweep-1", 1)
    cell = runs.log_result(made, tmp_path / "files", {}, {}, parent["run_id"])
    runs.set_status(made.evaluation.tracking, parent, "FINISHED")
    client = mlflow.MlflowClient(uri)
    assert client.get_run(cell["run_id"]).data.tags["mlflow.parentRunId"] == parent["run_id"]
    assert client.get_run(parent["run_id"]).info.status == "FINISHED"


def test_a_run_that_cannot_be_written_whole_is_not_left_behind(tmp_path: Path, uri: str) -> None:
    made = result(tmp_path, tracking__uri=uri)
    (tmp_path / "files").mkdir()
    with pytest.raises(TouchstoneError, match="did not take the run"):
        runs.log_result(made, tmp_path / "files", {"no such: name?\n": 1.0}, {}, None)
    assert mlflow.MlflowClient(uri).search_runs([runs.client(made.evaluation.tracking)[1]]) == []


def test_several_first_writers_of_a_fresh_store_do_no_harm_and_print_nothing(tmp_path: Path, uri: str) -> None:
    code = (
        "import sys; from tasks.specs.protocol import Tracking; from tasks.tracking.runs import start_parent\n"
        "t = Tracking(id='t', version='1', licence='x', uri=sys.argv[1], experiment='e')\n"
        "for i in range(3): start_parent(t, f'run {i}', 0)\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, uri], cwd=ROOT, stderr=subprocess.PIPE) for _ in range(3)]
    said = [w.communicate(timeout=120)[1] for w in writers]
    assert [(w.returncode, text) for w, text in zip(writers, said, strict=True)] == [(0, b"")] * 3
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("e")
    assert experiment and len(client.search_runs([experiment.experiment_id])) == 9


def test_the_users_own_store_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tracking = result(tmp_path).evaluation.tracking
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert store_uri(tracking) == f"sqlite:///{ROOT / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5999")
    assert store_uri(tracking) == "http://127.0.0.1:5999"
    assert store_uri(result(tmp_path, tracking__uri="sqlite:///x.db").evaluation.tracking) == "sqlite:///x.db"


def test_another_store_changes_nothing_of_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    own = store_uri(result(tmp_path).evaluation.tracking)
    client(result(tmp_path, tracking__uri=f"sqlite:///{tmp_path / 'other.db'}").evaluation.tracking)
    assert store_uri(result(tmp_path).evaluation.tracking) == own


def test_a_store_that_could_not_be_made_whole_is_not_left_half_made(tmp_path: Path) -> None:
    tracking = result(tmp_path, tracking__uri=f"sqlite:///{tmp_path / 'small.db'}").evaluation.tracking
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        with pytest.raises(TouchstoneError, match="disk"):
            client(tracking)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.glob("*small.db*"))
    assert client(tracking)[1]
