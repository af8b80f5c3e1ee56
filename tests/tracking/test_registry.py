"""Versions of MLflow's registry: really logged and registered, brought as files, never loaded."""

from pathlib import Path

import pytest

from flows import cli
from tasks.errors import Refused
from tasks.specs.protocol import Tracking
from tasks.tracking.registry import downloaded
from tests.artifacts.own_models import doubled


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> Tracking:
    """A store with «mine», version 1, under the alias «best»."""
    from mlflow.models import Model

    from tasks.tracking.store import client

    folder = tmp_path_factory.mktemp("registry")
    found = cli.default([f"tracking.uri=sqlite:///{folder / 'mlflow.db'}"]).tracking
    made, experiment = client(found)
    run = made.create_run(experiment)
    doubled(folder / "logged" / "model.onnx", "batch", 3)
    Model().add_flavor("onnx", data="model.onnx").save(str(folder / "logged" / "MLmodel"))
    made.log_artifacts(run.info.run_id, str(folder / "logged"), "model")
    made.create_registered_model("mine")
    made.create_model_version("mine", f"{run.info.artifact_uri}/model", run.info.run_id)
    made.set_registered_model_alias("mine", "best", "1")
    return found


@pytest.mark.parametrize("uri", ["models:/mine/1", "models:/mine@best"])
def test_a_version_comes_as_the_files_that_were_logged(tracking: Tracking, tmp_path: Path, uri: str) -> None:
    folder, name = downloaded(tracking, uri, tmp_path)
    assert name == "mine" and (folder / "MLmodel").is_file() and list(folder.rglob("*.onnx"))


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("models:/mine/7", "models:/mine/7 of sqlite"),
        ("models:/yours/1", "models:/yours/1 of sqlite"),
        ("models:/mine", "write models:/<name>/<version>"),
        ("models:/mine/../1", "write models:/<name>/<version>"),
    ],
)
def test_what_is_not_registered_is_a_sentence(tracking: Tracking, tmp_path: Path, uri: str, said: str) -> None:
    with pytest.raises(Refused, match=said.replace("<", ".").replace(">", ".")):
        downloaded(tracking, uri, tmp_path)


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    nowhere = cli.default([f"tracking.uri=sqlite:///{tmp_path / 'none.db'}"]).tracking
    with pytest.raises(Refused, match=r"is not there\. Name yours: tracking\.uri="):
        downloaded(nowhere, "models:/mine/1", tmp_path)
    assert not (tmp_path / "none.db").exists()
