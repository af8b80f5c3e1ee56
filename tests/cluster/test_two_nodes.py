"""Evaluations on two nodes, from a driver on the head and from one that is no node of the cluster."""

import json
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tasks import ROOT
from tests.cluster.conftest import Used
from tests.cluster.nodes import POSSIBLE, REASON, Place, until
from tests.flows.conftest import InRepository

pytestmark = pytest.mark.skipif(not POSSIBLE, reason=REASON)
HOSTS = {socket.gethostname(), "node2"}
OTHER_VERSION = (
    "import ray; ray.__version__ = '1.0.0'; import runpy; runpy.run_module('flows.doctor', run_name='__main__')"
)


def summary(out: str, place: Place | None = None) -> dict:  # type: ignore[type-arg]
    return json.loads(((place.clone if place else ROOT) / out.strip().splitlines()[-1]).read_text())  # type: ignore[no-any-return]


def heard(process: "subprocess.Popen[str]", *words: str) -> str:
    """Read standard error until each word was said, one after the other."""
    said = ""
    assert process.stderr
    for word in words:
        for line in process.stderr:
            said += line
            if word in line:
                break
        else:
            raise AssertionError(f"«{word}» was never said: {said[-3000:]}")
    return said


def test_one_evaluation_on_every_node_and_a_node_of_another_state_is_not_one(
    cluster: Used,
    repository_bench: InRepository,
) -> None:
    node2 = cluster.node2
    assert not list(node2.own.glob("stacks/*")) and not list((node2.clone / "artifacts").rglob("*.onnx"))
    process = cluster.evaluate(*cluster.words(repository_bench, cluster.inner), "dispatch=all")
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err[-3000:]
    cells = summary(out)["cells"]
    assert {cell["placement"]["host"] for cell in cells} == HOSTS
    assert {cell["environment"]["host"]["hostname"] for cell in cells} == HOSTS and "node2" in out
    assert list(node2.own.glob("stacks/*")), "the environment was not built on the node that measured"
    assert list((node2.clone / "artifacts").rglob("*.onnx")), "the model was not fetched on the node that measured"
    with (node2.clone / "tasks" / "errors.py").open("a") as file:
        file.write("# another state\n")
    told = cluster.doctor(cluster.inner)
    assert "node2 has the project at" in told and "with changes, not at" in told and "missing:" in told
    process = cluster.evaluate(*cluster.words(repository_bench, cluster.inner), "dispatch=all")
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0 and "cells" not in summary(out)


@pytest.mark.parametrize("side", ["inner", "outer"])
def test_a_node_that_is_lost_is_a_row_and_loses_nothing_else(
    side: str, cluster: Used, repository_bench: InRepository
) -> None:
    words = cluster.words(repository_bench, getattr(cluster, side))
    process = cluster.evaluate(*words, "dispatch=all", "scenario.min_duration_s=8")
    number = heard(process, "on node2").splitlines()[-1].partition(" of 2")[0][-1]
    heard(process, f"{number} measure  timing 1")
    time.sleep(1)
    cluster.kill(NODE="2")
    out, err = process.communicate(timeout=240)
    assert process.returncode == 1 and "Traceback" not in err, err[-3000:]
    cells = {cell["placement"]["host"]: cell for cell in summary(out)["cells"]}
    assert cells[socket.gethostname()]["passed"] and not cells["node2"]["passed"]
    assert "lost" in cells["node2"]["failure"] and summary(out)["finished"]
    assert sorted(r.info.status for r in repository_bench.runs()) == ["FAILED", "FAILED", "FINISHED"]


def test_from_outside_everything_is_as_from_a_node(cluster: Used, repository_bench: InRepository) -> None:
    place = cluster.outside()
    with cluster.stillborn() as killed:
        told = cluster.doctor(cluster.outer, place)
    assert killed
    assert "node node2" in told and f"node {socket.gethostname()}" in told and "node outside" not in told
    process = cluster.evaluate(*cluster.words(repository_bench, cluster.outer), "dispatch=all", place=place)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err[-3000:]
    cells = summary(out, place)["cells"]
    assert {cell["environment"]["host"]["hostname"] for cell in cells} == HOSTS
    assert not list(place.own.glob("stacks/*")) and not list((place.clone / "artifacts").rglob("*.onnx"))
    process = cluster.evaluate(
        *cluster.words(repository_bench, cluster.outer), "scenario.min_duration_s=8", place=place
    )
    said = heard(process, "timing 1")
    assert "accuracy" in said, "progress did not arrive while it ran"
    time.sleep(1)
    (driver,) = [
        p for p in cluster.processes(NAME="outside") if "flows.evaluate" in p.cmdline() and p.ppid() == process.pid
    ]
    driver.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    until(lambda: not cluster.agents(), "no agent is left", 30)
    assert len(list((place.clone / "reports").glob(f"*{repository_bench.mark}*"))) == 2
    assert not list((place.clone / "reports").glob(".*.partial"))


def test_from_outside_a_mistake_is_one_sentence_within_seconds(cluster: Used, tmp_path: Path) -> None:
    wrong = tmp_path / "token"
    wrong.write_text("0" * 64)

    def said(address: str, **env: str) -> str:
        begin = time.monotonic()
        cluster.env |= env
        told = cluster.doctor(address)
        assert time.monotonic() - begin < 25 and "Ray cannot be reached" in told, told
        return told

    assert "is no address" in cluster.doctor("ray://127.0.0.1")
    assert "refused" in said("ray://127.0.0.1:9")
    assert "does not answer as Ray's client server" in said(f"ray://{cluster.inner}")
    told = said(cluster.outer, RAY_AUTH_TOKEN_PATH=str(wrong))
    assert str(wrong) in told, told


def test_from_outside_another_version_of_ray_is_one_sentence(cluster: Used) -> None:
    import sys

    words = ["workers=cluster", f"workers.address={cluster.outer}"]
    told = subprocess.run([sys.executable, "-c", OTHER_VERSION, *words], cwd=ROOT, capture_output=True, text=True)
    assert "Ray cannot be reached" in told.stdout and "1.0.0" in told.stdout and not told.stderr, told


def test_cells_for_any_node_go_to_all_of_them_at_once(cluster: Used, repository_bench: InRepository) -> None:
    words = cluster.words(repository_bench, cluster.inner)
    process = cluster.evaluate("-m", *words, "scenario.warmup_queries=1,2")
    said = heard(process, "judging")
    assert "1 of 2" in said and "2 of 2" in said, "the second did not begin before the first had ended"
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err[-3000:]
    cells = summary(out)["cells"]
    assert {cell["placement"]["host"] for cell in cells} == HOSTS
    assert [cell["evaluation"]["scenario"]["warmup_queries"] for cell in cells] == [1, 2]
