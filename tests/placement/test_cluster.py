"""Ray for real: on this machine, and as an existing cluster with token authentication."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.errors import HardwareMissing, TouchstoneError
from tasks.placement.calls import Share
from tasks.placement.cluster import connected, place
from tasks.specs.evaluation import Evaluation
from tests.cluster.nodes import free_port


def talk(times: int, say: Callable[[str], None]) -> int:
    for i in range(times):
        say(f"turn {i}")
    return os.getpid()


def refuse(say: Callable[[str], None]) -> None:
    raise HardwareMissing("nothing here")


def vanish(say: Callable[[str], None]) -> None:
    os.kill(os.getpid(), 9)


@pytest.fixture(scope="module")
def local() -> Iterator[None]:
    with connected(None):
        yield


def test_progress_arrives_and_so_does_the_value(local: None) -> None:
    said: list[str] = []
    assert place(Share(1), talk, 3, say=said.append) != os.getpid()
    assert said == ["turn 0", "turn 1", "turn 2"]


def test_our_errors_come_back_as_they_are(local: None) -> None:
    with pytest.raises(HardwareMissing, match="nothing here"):
        place(Share(), refuse, say=print)


def test_a_lost_worker_is_a_sentence_and_not_tried_again(local: None) -> None:
    with pytest.raises(TouchstoneError, match="worker was lost"):
        place(Share(1), vanish, say=print)


def test_an_existing_cluster_is_used_and_its_nodes_are_matched(tmp_path: Path) -> None:
    env = dict(os.environ)  # with Ray's token: tests/conftest.py
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ray = [str(Path(sys.executable).parent / "ray"), "start", "--head", "--block", f"--port={port}", "--num-cpus=1"]
    options = ["--node-ip-address=127.0.0.1", "--include-dashboard=false", f"--temp-dir=/tmp/ray-{os.getpid()}"]
    options += [f"--ray-client-server-port={free_port()}"]
    head = subprocess.Popen([*ray, *options], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        code = f"import tests.placement.test_cluster as t; t.use_cluster('127.0.0.1:{port}')"
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=90)
        assert done.returncode == 0, done.stderr[-2000:]
    finally:
        head.terminate()
        head.wait(timeout=30)


def use_cluster(address: str) -> None:
    """In a process of its own, since one process has one Ray."""
    from tasks.placement.matching import satisfying
    from tasks.placement.nodes import survey
    from tests.builders import specification

    here = {"workers__kind": "cluster", "workers__address": address, "hw__cpus": 1}
    with connected(address):
        (node,) = survey()
        assert node["lacks"] == "" and node["cores"] and node["host"] == socket.gethostname()
        (placement,) = satisfying(Evaluation.model_validate(specification(**here)))
        assert placement["node"] == node["node"] and len(placement["cpus"]) == 1
        assert place(Share(1, node=placement["node"]), talk, 1, say=print) != os.getpid()
        gpu = {"hw__accelerator": {"name": "V100", "count": 1}, "software__devices": ["cuda"]}
        try:
            satisfying(Evaluation.model_validate(specification(**here, **gpu)))
        except HardwareMissing as error:
            assert "V100" in str(error) and "no GPU" in str(error)
        else:
            raise AssertionError("a GPU was found")


def _wait(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(3)
                return
        time.sleep(0.3)
    raise AssertionError("Ray did not start")


@pytest.mark.parametrize(
    ("module", "heard"), [("ray.util.client.logsclient", 0), ("grpc._channel", 0), ("home.ray", 1)]
)
def test_only_threads_of_rays_client_end_without_a_word(
    module: str, heard: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    from tasks.placement.cluster import _hush

    told: list[object] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    _hush()
    _hush()
    code = compile("def end(): raise ValueError('closed')", "/home/ray/end.py", "exec")
    names: dict[str, Any] = {"__name__": module}
    exec(code, names)
    thread = threading.Thread(target=names["end"])
    thread.start()
    thread.join()
    assert len(told) == heard
