"""A server that streams tokens at known times, asked by the real predictor; and servers that do not behave."""

import json
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows import cli
from tasks import ROOT
from tasks.errors import Refused, TouchstoneError
from tasks.metrics import compute_all
from tasks.placement.request import agent_request, samples_path
from tasks.predictors.base import Setup
from tasks.predictors.openai import Predictor
from tasks.results.measurement import Measurement
from tasks.results.process import Process
from tasks.schemas import check_table, latencies
from tasks.schemas.reference import reference
from tests.agent.test_agent import failure, result

Serve = Callable[..., str]
MODEL = ROOT / "artifacts/served/text.json"
OUTPUTS = [{"name": "answer", "dtype": "uint8"}]
ANSWER = b"tok" * 8
TEXTS = Setup("cpu", 1, 1, [{"name": "text", "shape": ["batch", 16], "dtype": "uint8", "range": [0, 255]}], OUTPUTS)
NUMBERS = Setup("cpu", 1, 1, [{"name": "n", "shape": ["batch", 4], "dtype": "int32", "range": [9, 99]}], OUTPUTS)
FIRST_MS, EACH_MS = 20.0, 5.0
LATE_MS = 6.0  # that a loaded machine may be late by, at the median


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers; they end with the test. The address of their protocol."""
    servers: list[subprocess.Popen[str]] = []

    def start(*asked: str) -> str:
        command = [sys.executable, "-m", "tests.predictors.openai_server", *asked]
        servers.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        assert servers[-1].stdout
        return f"http://127.0.0.1:{int(servers[-1].stdout.readline())}/v1"

    yield start
    for server in servers:
        server.kill()
        server.wait()


def predictor(url: str, **options: Any) -> Predictor:
    given = {"model": None, "api": "completions", "max_tokens": 8, "body": {}, "key_env": None, "at_once": 8}
    return Predictor(**{"url": url, "timeout_s": 0.5, **given, **options})


def text(words: bytes) -> Any:
    return np.frombuffer(words.ljust(16, b"\0"), np.uint8)[None]


def last(url: str) -> Any:
    return json.loads(urllib.request.urlopen(url.removesuffix("/v1") + "/last").read())


def refusal(asked: Predictor, setup: Setup = TEXTS) -> str:
    with pytest.raises(TouchstoneError) as caught:
        asked.load(MODEL, setup)
        asked.client()
        asked.predict(text(b"a"))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def timed(python: Path, folder: Path, url: str, *words: str) -> Process:
    """The timed process of these words, by the agent."""
    options = [f"software.options.{o}" for o in (f"url={url}", "max_tokens=8")]
    evaluation = cli.composed(["+model=prompts", "dataset=synthetic", "hw=cpu1", *options, *words])
    return result(python, agent_request(evaluation, "timed", 0, [0], MODEL, samples_path(evaluation)), folder)


def median(process: Process, column: str) -> float:
    return float(np.median(process.timed[column])) / 1e6


@pytest.mark.parametrize("api", ["completions", "chat"])
def test_tokens_are_seen_when_the_server_sends_them(serve: Serve, api: Any) -> None:
    asked = predictor(serve(), api=api)
    said = asked.load(MODEL, TEXTS)
    facts = asked.client()
    asked.published()
    assert {bytes(asked.predict(text(b"Once"))[0]) for _ in range(9)} == {ANSWER}
    first, late, pause, tokens, prompts = np.median(np.array(asked.published()), axis=0)
    assert FIRST_MS <= first / 1e6 < FIRST_MS + LATE_MS
    assert 7 * EACH_MS - LATE_MS < (late - first) / 1e6 < 7 * EACH_MS + LATE_MS
    assert pause / 1e6 > EACH_MS - 1 and (tokens, prompts) == (8, 7)
    assert (said["model"], said["build"], said["device"]) == ("tiny", "tests", "the server's")
    assert facts["tokens_counted"] == "by the server" and facts["answered_as"] == "tiny-1"
    assert 0 < facts["client_ms"] < FIRST_MS and facts["client_round_trip_ms"] > 0


def test_a_request_says_what_the_protocol_asks_for(serve: Serve) -> None:
    url = serve("none", "0", "0")
    asked = predictor(url, body={"temperature": 0})
    asked.load(MODEL, TEXTS)
    asked.predict(text("né ".encode()))
    assert last(url)["asked"] == {
        "model": "tiny", "prompt": "né ", "max_tokens": 8, "stream": True, "stream_options": {"include_usage": True},
        "temperature": 0,
    }  # fmt: skip
    asked.predict(np.full((1, 16), 200, np.uint8))
    prompt = last(url)["asked"]["prompt"]
    assert len(prompt) == 16 and prompt.isascii() and prompt.isprintable(), "bytes that are no text are characters"
    asked.unload()
    asked.load(MODEL, NUMBERS)
    asked.predict(np.array([[9, 10, 11, 12]], np.int32))
    assert last(url)["asked"]["prompt"] == [9, 10, 11, 12]
    chat = predictor(url, api="chat")
    chat.load(MODEL, TEXTS)
    chat.predict(text(b"Hi"))
    assert last(url)["asked"]["messages"] == [{"role": "user", "content": "Hi"}]
    assert last(url)["path"] == "/v1/chat/completions"


def test_each_thread_is_told_of_its_own_predictions(serve: Serve) -> None:
    asked, rows = predictor(serve("none", "5", "1")), {}
    asked.load(MODEL, TEXTS)

    def client(times: int) -> None:
        for _ in range(times):
            asked.predict(text(b"a"))
        rows[times] = len(asked.published())

    threads = [threading.Thread(target=client, args=(n,)) for n in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows == {1: 1, 2: 2, 3: 3, 4: 4} and asked.published() == []


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("single_stream", ["scenario.min_queries=24"]),
        ("concurrent", ["scenario.min_queries=40"]),
        ("server", ["scenario.target_qps=20", "scenario.min_queries=40", "scenario.latency_bound_ms=500"]),
        ("offline", ["scenario.min_queries=24", "scenario.batch_size=1"]),
    ],
)
def test_every_scenario_records_the_tokens_of_each_query(
    serve: Serve, tmp_path: Path, onnxruntime: Any, kind: str, words: list[str]
) -> None:
    common = [f"scenario={kind}", "scenario.min_duration_s=0", "scenario.warmup_queries=2"]
    limits = [] if kind == "offline" else ["scenario.limits.ttft_ms=100", "scenario.limits.tpot_ms=15"]
    process = timed(onnxruntime.python, tmp_path, serve(), *common, *words, *limits)
    check = check_table("latencies", process.latencies, latencies())
    assert check.passed, check.sentence
    assert set(process.latencies["output_tokens"]) == {8} and set(process.latencies["prompt_tokens"]) == {7}
    assert FIRST_MS <= median(process, "first_token_ns") < FIRST_MS + LATE_MS
    span = median(process, "last_token_ns") - median(process, "first_token_ns")
    assert 7 * EACH_MS - LATE_MS < span < 7 * EACH_MS + LATE_MS
    found = compute_all(Measurement((process,)))
    if kind == "single_stream":
        assert FIRST_MS <= found["ttft_p50_ms"].value < FIRST_MS + LATE_MS
        assert EACH_MS - 1 < found["tpot_p50_ms"].low <= found["tpot_p50_ms"].high < EACH_MS + 1
        assert found["output_tokens_per_s"].value == pytest.approx(8 / 0.0555, rel=0.15)
    if kind == "server":
        assert process.latency_ns("queue").mean() / 1e6 < 10, "requests are sent when they arrive, not one by one"
        assert process.facts["effective"]["at_once"] == 64
    if limits:
        assert found["goodput_share"].value >= 0.9 and found["goodput_per_s"].value > 0


def test_a_server_s_queue_is_in_the_time_to_the_first_token(serve: Serve, tmp_path: Path, onnxruntime: Any) -> None:
    """One request at a time, 55 ms each, and they arrive every 20 ms: they wait for each other."""
    words = ["scenario=uniform", "scenario.target_qps=50", "scenario.min_queries=20", "scenario.min_duration_s=0"]
    process = timed(onnxruntime.python, tmp_path, serve(), *words, "software.options.at_once=1")
    alone, waiting = median(process, "first_token_ns"), median(process, "queue_ns")
    assert FIRST_MS <= alone < FIRST_MS + LATE_MS and waiting > 5 * alone


def test_the_accuracy_process_says_what_no_answer_is_held_against(
    serve: Serve, tmp_path: Path, onnxruntime: Any
) -> None:
    words = ["+model=prompts", "dataset=synthetic", f"software.options.url={serve('none', '1', '0')}"]
    request = agent_request(cli.composed(words), "accuracy", 0, [0], MODEL, Path())
    process = result(onnxruntime.python, request, tmp_path)
    assert process.facts["unjudged"] == "modality other has no judge" and not len(process.predictions)
    assert process.agreement["elements"].tolist() == [2 * 3 * 128] and process.agreement["finite"].all()
    checks = {check.name: check.passed for check in reference(process.agreement)}
    assert checks == {"output varies": True, "reference": True}


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("failing", r"/v1/completions answers 500 Internal Server Error: out of memory\.$"),
        ("missing", r"/v1/completions answers 404 Not Found: The model `tiny` does not exist\.$"),
        ("locked", r"/v1/models answers 401 .*: none\. A key is taken from the variable that .*key_env names\.$"),
        ("whole", r"answers application/json as a whole, though a stream was asked for"),
        ("stalled", r"did not answer within 0\.5 s\. Raise software\.options\.timeout_s"),
        ("cut", r"ended its stream after 2 pieces of an answer without a word that it was done\."),
        ("garbled", r"streams an event that is no JSON object: it is not UTF-8 in «"),
        ("broken", r"ended an answer with an error: the engine died\.$"),
        ("two", r"has 2 models: tiny, other\. Choose one with software\.options\.model=<name>\.$"),
        ("plain", r"/v1/models answers 404 Not Found: .* Most servers end it in /v1\.$"),
    ],
)
def test_a_server_that_does_not_behave_is_one_sentence(serve: Serve, fault: str, said: str) -> None:
    assert re.search(said, refusal(predictor(serve(fault, "1", "1"))))


def test_a_connection_that_the_server_closes_is_opened_again(serve: Serve) -> None:
    asked = predictor(serve("closing", "1", "1"))
    asked.load(MODEL, TEXTS)
    assert [bytes(asked.predict(text(b"a"))[0]) for _ in range(3)] == [ANSWER] * 3
    asked.unload()


def test_pieces_are_counted_where_the_server_does_not(serve: Serve) -> None:
    asked = predictor(serve("uncounted", "1", "1"))
    asked.load(MODEL, TEXTS)
    assert asked.client()["tokens_counted"] == "as pieces of the stream"
    assert bytes(asked.predict(text(b"a"))[0]) == ANSWER


def test_an_answer_without_a_token_is_counted_as_none(serve: Serve) -> None:
    asked = predictor(serve("empty", "1", "1"))
    asked.load(MODEL, TEXTS)
    assert asked.predict(text(b"a")).size == 0
    ((first, end, _, tokens, _),) = asked.published()
    assert 0 < first == end and tokens == 0


def test_a_model_s_name_is_asked_without_a_list_of_them(serve: Serve) -> None:
    asked = predictor(serve("plain", "1", "1"), model="tiny")
    assert asked.load(MODEL, TEXTS)["build"] == "unreadable"
    assert bytes(asked.predict(text(b"a"))[0]) == ANSWER


def test_a_key_is_sent_and_neither_recorded_nor_repeated(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    url = serve("locked", "1", "1")
    monkeypatch.setenv("SERVER_KEY", "sk-for-tests")
    asked = predictor(url, key_env="SERVER_KEY")
    assert "sk-for-tests" not in json.dumps(asked.load(MODEL, TEXTS))
    asked.predict(text(b"a"))
    assert last(url)["authorization"] == "Bearer sk-for-tests"
    monkeypatch.setenv("SERVER_KEY", "sk-wrong")
    sentence = refusal(predictor(url, key_env="SERVER_KEY"))
    assert "Incorrect API key provided: Bearer …" in sentence and "sk-wrong" not in sentence
    assert "not set where queries are sent" in refusal(predictor(url, key_env="NO_SUCH_KEY"))
    assert "No key is sent to http://192.0.2.1:8000/v1 in the clear" in refusal(
        predictor("http://192.0.2.1:8000/v1", key_env="SERVER_KEY")
    )


@pytest.mark.parametrize("url", ["localhost:8000/v1", "ftp://host/v1", "http://", "http://host/v1?key=a"])
def test_what_is_no_address_is_refused_with_its_form(url: str) -> None:
    with pytest.raises(Refused, match=r"is no address of a server. Write it as http://<host>:<port>"):
        predictor(url).load(MODEL, TEXTS)


def test_fields_that_have_options_are_refused_in_the_body() -> None:
    taken = {"stream": True, "max_tokens": 2}
    assert "body holds max_tokens, stream, which have" in refusal(predictor("http://a", body=taken))
    assert "A chat has no prompts of token numbers" in refusal(predictor("http://a", api="chat"), NUMBERS)


def test_loadgen_is_refused_since_it_times_no_tokens(serve: Serve, tmp_path: Path, onnxruntime: Any) -> None:
    options = [f"software.options.url={serve('none', '1', '0')}", "scenario.generator=loadgen"]
    evaluation = cli.composed(["+model=prompts", "dataset=synthetic", *options])
    request = agent_request(evaluation, "timed", 0, [0], MODEL, Path())
    assert failure(onnxruntime.python, request, tmp_path).startswith("MLPerf LoadGen times no tokens.")
