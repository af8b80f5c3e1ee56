"""A cluster of two nodes for one test, and the commands that use it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks import ROOT
from tests.cluster.nodes import Cluster, Place, until
from tests.flows.conftest import InRepository, repository_bench  # noqa: F401  (a fixture)


class Used(Cluster):
    """The same, with the project's commands on it; ``place`` is where the driver is (None: on the head)."""

    def words(self, bench: InRepository, address: str) -> list[str]:
        own = [
            f"scenario.id={bench.mark}",
            f"tracking.uri={bench.uri}",
            "workers=cluster",
            f"workers.address={address}",
        ]
        return ["+model=patchnet", "scenario=quick", "hw=cpu1", *own]

    def evaluate(self, *words: str, place: Place | None = None) -> "subprocess.Popen[str]":
        return self._command("flows.evaluate", words, place)

    def doctor(self, address: str, place: Place | None = None) -> str:
        words = ("workers=cluster", f"workers.address={address}")
        return " ".join(self._command("flows.doctor", words, place).communicate(timeout=300)[0].split())

    def _command(self, module: str, words: tuple[str, ...], place: Place | None) -> "subprocess.Popen[str]":
        command, env = [sys.executable, "-m", module, *words], self.env
        if place:
            command, env = place.inside(*command), {**env, **place.env()}
        return subprocess.Popen(command, cwd=ROOT, env=env, stdout=-1, stderr=-1, text=True)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Used]:
    made = Used(tmp_path)
    made.start()
    try:
        until(lambda: "node2" in made.doctor(made.inner), "the doctor sees the second node", 90)
        yield made
    finally:
        made.kill()
