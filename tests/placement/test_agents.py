"""How an agent ends becomes a sentence, with real processes really killed."""

import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.errors import Refused, TouchstoneError
from tasks.placement.agents import run_agent
from tests.conftest import Bench


def agent_pids() -> list[str]:
    found = subprocess.run(["pgrep", "-f", "tasks.agent"], capture_output=True, text=True)
    return found.stdout.split()


def until(true: Callable[[], object], what: str, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


def start(python: Path, request: dict[str, Any], limit_s: float = 60) -> tuple[threading.Thread, list[Any]]:
    outcome: list[Any] = []

    def call() -> None:
        try:
            outcome.append(run_agent(str(python), request, {}, limit_s, lambda text: None))
        except TouchstoneError as error:
            outcome.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    return thread, outcome


def test_the_result_comes_home_as_bytes(onnxruntime: Any, bench: Bench) -> None:
    assert run_agent(str(onnxruntime.python), bench.request(), {"OMP_NUM_THREADS": "1"}, 60, print).startswith(b"PK")


@pytest.mark.parametrize(("signal", "word"), [("KILL", "SIGKILL"), ("SEGV", "SIGSEGV")])
def test_a_killed_agent_is_a_sentence_with_its_signal(onnxruntime: Any, bench: Bench, signal: str, word: str) -> None:
    before = set(agent_pids())
    thread, outcome = start(onnxruntime.python, bench.request("timed", scenario__min_duration_s=30.0))
    until(lambda: set(agent_pids()) - before, "the agent has started")
    time.sleep(0.5)
    pids = set(agent_pids()) - before
    subprocess.run(["kill", f"-{signal}", *pids], check=True)
    thread.join(timeout=20)
    assert isinstance(outcome[0], TouchstoneError) and word in str(outcome[0])


def test_an_agent_past_its_time_limit_is_killed_and_it_says_so(onnxruntime: Any, bench: Bench) -> None:
    thread, outcome = start(onnxruntime.python, bench.request("timed", scenario__min_duration_s=30.0), limit_s=2)
    thread.join(timeout=20)
    assert "longer than 2 s" in str(outcome[0]) and "scenario.time_limit_s" in str(outcome[0])


def test_what_the_agent_refuses_is_refused(onnxruntime: Any, bench: Bench) -> None:
    request = bench.request()
    request["dataset"]["labels"] = ["red", "green", "pink"]
    with pytest.raises(Refused, match="labels that the manifest does not name: blue"):
        run_agent(str(onnxruntime.python), request, {}, 60, print)


def test_a_failure_is_the_agents_own_last_line(onnxruntime: Any, bench: Bench) -> None:
    bench.model.write_bytes(b"no model")
    with pytest.raises(TouchstoneError, match=r"cannot load tiny\.onnx"):
        run_agent(str(onnxruntime.python), bench.request(), {}, 60, print)


def test_the_agent_inherits_nothing_of_the_orchestrators(monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks.placement.agents import _environment

    for name in ("RAY_ADDRESS", "PREFECT_HOME", "MLFLOW_TRACKING_URI", "PYTHONHOME"):
        monkeypatch.setenv(name, "x")
    assert not {"RAY_ADDRESS", "PREFECT_HOME", "MLFLOW_TRACKING_URI", "PYTHONHOME"} & set(_environment())
