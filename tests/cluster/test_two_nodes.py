"""Two Ray nodes with separate file systems: the second has its own clone, cache, and host name, in namespaces.

Needs root for the namespaces; the second node's files lie over this clone's paths, where only it sees them.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tasks import ROOT
from tests.flows.conftest import InRepository, repository_bench  # noqa: F401  (a fixture)

RAY = str(Path(sys.executable).with_name("ray"))
CACHE = Path(os.environ.get("TOUCHSTONE_CACHE") or Path.home() / ".cache" / "touchstone")
INTO = (
    "set -e; hostname node2; mkdir -p $CLONE/.venv $CACHE; mount --bind $ROOT/.venv $CLONE/.venv; "
    'mount --bind $OWN $CACHE; mount --rbind $CLONE $ROOT; cd $ROOT; exec "$@"'
)
NAMESPACES = ["unshare", "--mount", "--uts", "--propagation", "private"]
POSSIBLE = subprocess.run([*NAMESPACES, "true"], capture_output=True, check=False).returncode == 0

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="namespaces need root: a second file system cannot be had")


class Cluster:
    """A head on this clone's files, and node2 on its own."""

    def __init__(self, folder: Path) -> None:
        self.mark, self.clone, self.own = folder.name, folder / "clone", folder / "cache"
        self.env = {**os.environ, "MARK": self.mark}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        _copy(self.clone)
        self.own.mkdir()
        shutil.copy(os.environ["RAY_AUTH_TOKEN_PATH"], self.own / "ray-token")

    def start(self) -> None:
        """Both nodes, seen by the head."""
        shape = ["--block", "--num-cpus=1", f"--object-store-memory={100 * 2**20}"]
        temp = f"/tmp/ts-{self.mark[-8:]}"
        self._ray("--head", f"--port={self.port}", "--include-dashboard=false", f"--temp-dir={temp}", *shape)
        until(lambda: _listens(self.port), "the head listens")
        time.sleep(3)
        paths = {"ROOT": str(ROOT), "CLONE": str(self.clone), "OWN": str(self.own), "CACHE": str(CACHE)}
        inside = [*NAMESPACES, "sh", "-c", INTO, "sh"]
        join = [RAY, "start", f"--address=127.0.0.1:{self.port}", "--node-ip-address=127.0.0.2", *shape]
        subprocess.Popen([*inside, *join], env={**self.env, **paths, "NODE": "2"}, stdout=-3, stderr=-3)

    def _ray(self, *words: str) -> None:
        subprocess.Popen([RAY, "start", *words], cwd=ROOT, env=self.env, stdout=-3, stderr=-3, start_new_session=True)

    def processes(self, **variables: str) -> list[psutil.Process]:
        """What this cluster started, and has these variables in its environment."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                environ = process.environ()
                if {"MARK": self.mark, **variables}.items() <= environ.items():
                    found.append(process)
        return found

    def kill(self, **variables: str) -> None:
        for process in self.processes(**variables):
            with suppress(psutil.Error):
                process.kill()

    def words(self, bench: InRepository) -> list[str]:
        place = [f"scenario.id={bench.mark}", f"tracking.uri={bench.uri}", "workers=cluster"]
        return ["+model=patchnet", "scenario=quick", "hw=cpu1", *place, f"workers.address=127.0.0.1:{self.port}"]


def _copy(clone: Path) -> None:
    """The working tree as it is, without what is built."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    changed = _git("ls-files", "--modified", "--others", "--exclude-standard", "--deduplicate")
    for name in changed:
        (clone / name).unlink(missing_ok=True)
        if (ROOT / name).exists():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)


def _git(*words: str) -> list[str]:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(true: Any, what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.2)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    made.start()
    yield made
    made.kill()


def evaluate(*words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "flows.evaluate", *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=-1, stderr=-1, text=True)


def doctor(cluster: Cluster) -> str:
    command = [sys.executable, "-m", "flows.doctor", "workers=cluster", f"workers.address=127.0.0.1:{cluster.port}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120).stdout


def test_one_evaluation_on_every_node_and_a_node_of_another_state_is_not_one(
    cluster: Cluster,
    repository_bench: InRepository,  # noqa: F811
) -> None:
    until(lambda: "node2" in doctor(cluster), "the doctor sees the second node", 90)
    assert not list(cluster.own.glob("stacks/*")) and not list((cluster.clone / "artifacts").rglob("*.onnx"))
    process = evaluate(*cluster.words(repository_bench), "dispatch=all")
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err[-3000:]
    summary = json.loads((ROOT / out.strip().splitlines()[-1]).read_text())
    assert {cell["placement"]["host"] for cell in summary["cells"]} == {socket.gethostname(), "node2"}
    seen = {cell["environment"]["host"]["hostname"] for cell in summary["cells"]}
    assert seen == {socket.gethostname(), "node2"} and "node2" in out
    assert list(cluster.own.glob("stacks/*")), "the environment was not built on the node that measured"
    assert list((cluster.clone / "artifacts").rglob("*.onnx")), "the model was not fetched on the node that measured"
    with (cluster.clone / "tasks" / "errors.py").open("a") as file:
        file.write("# another state\n")
    told = " ".join(doctor(cluster).split())
    assert "node2 has the project at" in told and "with changes, not at" in told and "missing:" in told
    process = evaluate(*cluster.words(repository_bench), "dispatch=all")
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0 and "cells" not in json.loads((ROOT / out.strip().splitlines()[-1]).read_text())


def test_a_node_that_is_lost_is_a_row_and_loses_nothing_else(
    cluster: Cluster,
    repository_bench: InRepository,  # noqa: F811
) -> None:
    until(lambda: "node2" in doctor(cluster), "the doctor sees the second node", 90)
    process = evaluate(*cluster.words(repository_bench), "dispatch=all", "scenario.min_duration_s=8")
    assert process.stderr
    here = False
    for line in process.stderr:
        here = "on node2" in line or (here and "sweep" not in line)
        if here and "timing 1" in line:
            break
    time.sleep(1)
    cluster.kill(NODE="2")
    out, err = process.communicate(timeout=240)
    assert process.returncode == 1, err[-3000:]
    summary = json.loads((ROOT / out.strip().splitlines()[-1]).read_text())
    cells = {cell["placement"]["host"]: cell for cell in summary["cells"]}
    assert cells[socket.gethostname()]["passed"] and not cells["node2"]["passed"]
    assert "lost" in cells["node2"]["failure"] and summary["finished"]
    assert sorted(r.info.status for r in repository_bench.runs()) == ["FAILED", "FAILED", "FINISHED"]
