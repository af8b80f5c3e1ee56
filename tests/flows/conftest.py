"""Benches inside the repository (artifacts may not lie outside it), with their own MLflow store, cleaned up after."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks import ROOT
from tasks.specs.evaluation import Evaluation
from tests.conftest import Bench


class InRepository(Bench):
    """A bench whose artifacts can be fetched: they lie below the root, pinned, made by no stage."""

    def __init__(self, folder: Path, store: Path) -> None:
        super().__init__(folder)
        self.mark = f"test-{folder.name}"  # in the names of its runs
        self.uri = f"sqlite:///{store / 'mlflow.db'}"

    def evaluation(self, **changes: Any) -> Evaluation:
        """Like the other bench's, with real paths, the real lock, and its own store."""
        import yaml

        packages = yaml.safe_load((ROOT / "conf" / "software" / "onnxruntime.yaml").read_text())["packages"]
        place = self.folder.relative_to(ROOT).as_posix()
        fields = {
            "model__artifacts__seeded__onnx__path": f"{place}/{self.model.name}",
            "model__artifacts__seeded__onnx__stage": None,
            "dataset__archives__test__path": f"{place}/{self.samples.name}",
            "dataset__archives__test__stage": None,
            "software__packages": packages,
            "tracking__uri": self.uri,
            "scenario__id": self.mark,
        }
        return super().evaluation(**{**fields, **changes})

    def runs(self) -> list[Any]:
        """Every run in its store."""
        import mlflow

        client = mlflow.MlflowClient(self.uri)
        return list(client.search_runs([e.experiment_id for e in client.search_experiments()]))


@pytest.fixture
def repository_bench(tmp_path: Path) -> Iterator[InRepository]:
    """A bench below the repository's root; its folder, its reports, and what it left to be logged vanish afterwards."""
    folder = ROOT / ".touchstone" / "tests" / uuid.uuid4().hex[:8]
    reports = ROOT / "reports"
    before = set(reports.iterdir())
    bench = InRepository(folder, tmp_path)
    yield bench
    shutil.rmtree(folder, ignore_errors=True)
    for pending in (ROOT / ".touchstone" / "pending").glob(f"*{bench.mark}*"):
        shutil.rmtree(pending, ignore_errors=True)
    for made in set(reports.iterdir()) - before:
        if bench.mark in made.name or (made.name.startswith(("sweep-", "compare-")) and bench.mark in _summary(made)):
            shutil.rmtree(made, ignore_errors=True)


def _summary(folder: Path) -> str:
    path = folder / "summary.json"
    return path.read_text() if path.exists() else ""
