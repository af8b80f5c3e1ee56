"""Views of MLflow's runs page, as its server keeps them; that the page obeys them is seen in tests/browser."""

import json
from pathlib import Path
from typing import Any

import mlflow
import pytest

from tasks.specs.evaluation import Evaluation
from tasks.tracking import runs, views
from tests.builders import specification

IDS = {"uri": "sqlite:///x.db", "experiment_id": "1", "run_id": "0a1b"}


def cells(*changes: dict[str, Any]) -> list[Evaluation]:
    return [Evaluation.model_validate(specification(**change)) for change in changes]


def test_the_columns_are_the_fields_that_differ() -> None:
    assert views.differing(cells({}, {})) == []
    assert views.differing(cells({"scenario__seed": 1}, {"scenario__seed": 2})) == ["scenario.seed"]
    another = cells({}, {"scenario__id": "other", "scenario__seed": 2})
    assert views.differing(another) == ["scenario.id"], "what another scenario brings along is no news"


def test_a_comparison_names_exactly_this_sweeps_runs_and_its_run_leads_there(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    both = cells({"tracking__uri": uri, "scenario__seed": 1}, {"tracking__uri": uri, "scenario__seed": 2})
    parent = runs.start_parent(both[0].tracking, "sweep-1", 2)
    there = views.comparison(both[0].tracking, parent, "sweep-1", both)
    client = mlflow.MlflowClient(uri)
    state = json.loads(client.get_experiment(parent["experiment_id"]).tags[views.VIEW + "sweep-1"])
    assert state["searchFilter"] == f"tags.`mlflow.parentRunId` = '{parent['run_id']}'"
    assert "params.`scenario.seed`" in state["selectedColumns"]
    assert there in client.get_run(parent["run_id"]).data.tags["mlflow.note.content"]


def test_a_tracking_server_is_its_own_ui_and_its_password_is_nobodys_business() -> None:
    ids = {**IDS, "uri": "https://me:secret@mlflow.example/base/"}
    assert views.linked(ids, "#/x", "")["link"] == "https://mlflow.example/base/#/x"


@pytest.mark.parametrize("ui", ["", "http://127.0.0.1:9"])
def test_without_a_ui_that_has_the_run_there_is_no_link_and_an_old_one_is_dropped(ui: str) -> None:
    assert views.linked({**IDS, "link": "http://gone/"}, views.run_page(IDS), ui) == IDS
