"""Versions of MLflow's registry: really logged and registered, brought as files, never loaded."""

from pathlib import Path

import pytest

from flows import cli
from tasks.errors import Refused
from tasks.specs.protocol import Tracking
from tasks.tracking.registry import downloaded
from tests.tracking.registered import registered


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> Tracking:
    return registered(tmp_path_factory.mktemp("registry"))


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
