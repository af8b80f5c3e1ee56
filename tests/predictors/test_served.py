"""A served model: a real server in a process of its own, asked by the real predictor; servers that do not behave."""

import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks import ROOT
from tasks.artifacts.store import fetch
from tasks.errors import Refused, TouchstoneError
from tasks.predictors.base import Setup
from tasks.predictors.served import Predictor
from tests.agent.test_agent import failure, result
from tests.builders import onnx_model
from tests.conftest import Bench
from tests.contracts import grid, reference

Serve = Callable[..., "Server"]
SETUP = Setup("cpu", 1, 1, [{"name": "input", "shape": ["batch", 3, 8, 8], "dtype": "float32"}],
              [{"name": "logits", "dtype": "float32"}])  # fmt: skip
TENSORS = ("binary", "json")


class Server:
    """A process and its address."""

    def __init__(self, python: Path, model: Path, fault: str) -> None:
        command = [str(python), "-m", "tests.predictors.v2_server", str(model), fault]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def kill(self) -> None:
        """At once."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def serve(onnxruntime: Any) -> Iterator[Serve]:
    """Start servers; they end with the test."""
    servers: list[Server] = []

    def start(model: Path, fault: str = "none") -> Server:
        servers.append(Server(onnxruntime.python, model, fault))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return onnx_model(tmp_path / "tiny.onnx")


def predictor(url: str, tensors: Any = "binary", model: str | None = None, timeout_s: float = 30.0) -> Predictor:
    return Predictor(url=url, model=model, tensors=tensors, timeout_s=timeout_s)


def pictures(count: int = 5) -> Any:
    return np.random.default_rng(0).uniform(0, 1, (count, 3, 8, 8)).astype(np.float32)


def logits(batch: Any) -> Any:
    """What the tiny model answers."""
    return 10 * batch.mean((2, 3))


def refusal(asked: Predictor, path: Path, setup: Setup = SETUP) -> str:
    with pytest.raises(TouchstoneError) as caught:
        asked.load(path, setup)
        asked.client()
    return str(caught.value)


@pytest.mark.parametrize("tensors", TENSORS)
def test_a_served_model_answers_as_float64_does(serve: Serve, tensors: str) -> None:
    asked = grid.evaluation("onnxruntime", "patchnet")
    server = serve(fetch(asked.artifact, ROOT))
    words = ["+model=patchnet", "software=served", f"software.options.url={server.url}"]
    served = grid.cli.composed([*words, f"software.options.tensors={tensors}"])
    answer = grid.asked_of(served, fetch(served.artifact, ROOT), grid.inputs("patchnet"))
    reference.difference(answer.outputs, grid.expected("patchnet"), "float32")
    assert answer.effective["version"] == "tests 1.0" and answer.effective["build"] == "onnxruntime_onnx"
    assert answer.effective["weights"] == "as the server says: patchnet.onnx is claimed, not proved"


def test_a_timed_process_says_what_its_own_side_costs(serve: Serve, bench: Bench, onnxruntime: Any) -> None:
    options = {"url": serve(bench.model).url, "model": None, "tensors": "binary", "timeout_s": 30.0}
    request = bench.request("timed", software__framework="served", software__options=options)
    process = result(onnxruntime.python, request, bench.folder)
    predict_ms = float(np.median(process.latency_ns("predict"))) / 1e6
    assert 0 < process.facts["client_ms"] < predict_ms and process.facts["client_round_trip_ms"] > 0
    assert (process.predictions["label"] == process.predictions["predicted"]).all()


def test_threads_ask_at_once_each_on_a_connection_of_its_own(serve: Serve, tiny: Path) -> None:
    asked, batches = predictor(serve(tiny).url), [pictures(n) for n in range(1, 9)]
    asked.load(tiny, SETUP)
    answers: dict[int, Any] = {}
    threads = [threading.Thread(target=lambda b=b: answers.update({len(b): asked.predict(b)})) for b in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.allclose(answers[len(b)], logits(b), atol=1e-5) for b in batches)


@pytest.mark.parametrize("tensors", TENSORS)
def test_a_connection_that_the_server_closes_is_opened_again(serve: Serve, tiny: Path, tensors: str) -> None:
    asked = predictor(serve(tiny, "closing").url, tensors)
    asked.load(tiny, SETUP)
    assert np.allclose(asked.predict(pictures()), logits(pictures()), atol=1e-5)
    asked.unload()


def test_a_server_that_is_killed_is_one_sentence(serve: Serve, tiny: Path) -> None:
    server = serve(tiny)
    asked = predictor(server.url)
    asked.load(tiny, SETUP)
    server.kill()
    with pytest.raises(TouchstoneError, match=rf"No answer from {server.url}: .*refused.* Start the server, or set"):
        asked.predict(pictures())


def test_a_server_that_is_not_there_ends_the_agent_with_one_sentence(bench: Bench, onnxruntime: Any) -> None:
    options = {"url": "http://127.0.0.1:9", "model": None, "tensors": "binary", "timeout_s": 30.0}
    request = bench.request(software__framework="served", software__options=options)
    assert failure(onnxruntime.python, request, bench.folder).startswith("No answer from http://127.0.0.1:9: ")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("failing", r"infer answers 500 Internal Server Error: out of memory\."),
        ("narrow", r"answers «logits» as float32 of shape \[1, 2\]; it said float32 of shape \[1, 3\]\."),
        ("slow", r"did not answer within 0\.5 s\. Raise software\.options\.timeout_s"),
        ("babbling", r"An answer is none of the protocol: JSONDecodeError"),
        ("nameless", r"An answer has no output «logits»\."),
        ("halved", r"An answer is none of the protocol: ValueError"),
    ],
)
def test_a_server_that_does_not_behave_is_one_sentence(serve: Serve, tiny: Path, fault: str, said: str) -> None:
    sentence = refusal(predictor(serve(tiny, fault).url, timeout_s=0.5), tiny)
    assert re.search(said, sentence) and "\n" not in sentence


def test_a_model_that_the_server_lacks_is_told_with_its_option(serve: Serve, tiny: Path) -> None:
    sentence = refusal(predictor(serve(tiny).url, model="other"), tiny)
    assert "/v2/models/other answers 404 Not Found: unknown model" in sentence
    assert sentence.endswith("The model's name there is software.options.model=<name>.")


def test_another_model_than_the_manifest_s_is_told_with_both(serve: Serve, tiny: Path) -> None:
    server = serve(onnx_model(tiny.with_name("wide.onnx"), side=16))
    sentence = refusal(predictor(server.url, model="wide"), tiny)
    assert "has shape ['batch', 3, 8, 8] in the manifest and [None, 3, 16, 16] in the server." in sentence


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://host", "http://", "http://host:port", "http://host/?a=b"])
def test_what_is_no_address_is_refused_with_its_form(url: str, tiny: Path) -> None:
    with pytest.raises(Refused, match=r"is no address of a server. Write it as http://<host>:<port>"):
        predictor(url).load(tiny, SETUP)


def test_a_password_in_the_address_is_refused_and_not_repeated(tiny: Path) -> None:
    assert "secret" not in refusal(predictor("http://me:secret@host:1"), tiny)
