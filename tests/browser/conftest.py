"""Chromium, and one set of services of its own with one real sweep in it, for all browser tests."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks import ROOT
from tests.browser.page import Page, missing, window
from tests.services.test_keeper import Services


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A window of a fresh profile."""
    if said := missing():
        pytest.skip(said)
    with window(tmp_path_factory.mktemp("chromium")) as made:
        yield made


class Servers(Services):
    """Prefect, Ray, a worker, and MLflow's UI over a store of their own, and a sweep of two cells in them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.mark = f"test-{folder.name}"  # the scenario's name in everything that is measured here
        self.env["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder / 'mlflow.db'}"
        told = self.run("-m", "flows.services", "ui")
        self.prefect = re.findall(r"Prefect +(\S+)", told)[0]
        self.every_run = re.findall(r"every run +(\S+)", told)[0]
        words = ["+model=patchnet", "scenario=quick", f"scenario.id={self.mark}", "scenario.warmup_queries=1,2"]
        self.told = self.run("-m", "flows.evaluate", "-m", *words)
        self.sweep: dict[str, Any] = json.loads((ROOT / self.told.strip().splitlines()[-1]).read_text())


@pytest.fixture(scope="session")
def servers(page: Page, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """They end, and what was measured vanishes, with the last test."""
    before = set((ROOT / "reports").iterdir())
    folder = tmp_path_factory.mktemp("services")
    made = None
    try:
        made = Servers(folder)
        yield made
    finally:
        Services(folder).run("-m", "flows.services", "down", "now")
        for report in set((ROOT / "reports").iterdir()) - before:
            if made and (made.mark in report.name or report.name == made.sweep["run"]):
                shutil.rmtree(report)
