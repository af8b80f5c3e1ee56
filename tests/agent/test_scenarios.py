"""Scenarios through the agent as a real process: LoadGen, the issuer, several points, models that only take time."""

import re
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows import cli
from tasks import ROOT
from tasks.artifacts.store import fetch
from tasks.placement.request import agent_request, samples_path
from tasks.results.process import Process
from tasks.scenarios._loadgen import summary
from tasks.stacks.build import ensure
from tasks.stacks.lock import Lock
from tasks.statistics import allowed, early_stopping_estimate, least_queries
from tests.agent.test_agent import failure, result
from tests.conftest import Bench

ALONE = ROOT / "tests" / "agent" / "loadgen_alone.py"
SAMPLE = re.compile(r'"query_seq":(\d+).*"complete_ns":(\d+)')
SERVER = {"target_qps": 100.0, "latency_bound_ms": 50.0, "percentile": 90.0}


@pytest.fixture(scope="module")
def loadgen() -> Any:
    """The software of conf/ with LoadGen beside it."""
    (evaluation,) = cli.read(["+model=patchnet", "scenario=quick", "scenario.generator=loadgen"])
    return ensure(Lock(evaluation.software.python, evaluation.provisioned.packages), "onnxruntime")


def asked(bench: Bench, kind: str, **options: Any) -> dict[str, Any]:
    request = bench.request("timed")
    common = {"warmup_queries": 2, "min_duration_s": 0.2, "min_queries": 20, **options}
    generator = common.pop("generator", "touchstone")
    return {**request, "scenario": {"kind": kind, "generator": generator, "options": common}}


def simulated(words: list[str], folder: Path) -> Process:
    """The timed process of these words, with a model that only takes time."""
    folder.mkdir(exist_ok=True)
    (evaluation,) = cli.read([*words, "hw=cpu1"])
    assert evaluation.dataset.archive
    fetch(evaluation.dataset.archive, ROOT)
    stack = ensure(Lock(evaluation.software.python, evaluation.software.packages), evaluation.software.id)
    model = fetch(evaluation.artifact, ROOT)
    return result(stack.python, agent_request(evaluation, "timed", 0, [0], model, samples_path(evaluation)), folder)


def test_a_server_says_queue_service_and_how_late_the_issuer_was(onnxruntime: Any, bench: Bench) -> None:
    process = result(onnxruntime.python, asked(bench, "server", **SERVER), bench.folder)
    assert len(process.timed) >= 20 and {"queue_ns", "issue_error_ns"} <= set(process.latencies)
    sums = process.latency_ns("queue") + process.latency_ns("end_to_end")
    assert (process.latency_ns("response") == sums).all()
    assert process.facts["bound"] == {"ms": 50.0, "percentile": 90.0} and process.facts["harness_per_query_us"] is None
    assert 0 not in process.facts["issuer"]["cores"], "core 0 is reserved for the model"
    assert process.facts["issuer"]["priority"] in ("real time", "ordinary")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("single_stream", {}),
        ("multi_stream", {"samples_per_query": 8}),
        ("server", SERVER),
        ("offline", {"batch_size": 4}),
    ],
)
def test_loadgen_and_we_agree_on_the_queries_it_issued(
    loadgen: Any, bench: Bench, kind: str, options: dict[str, Any]
) -> None:
    process = result(loadgen.python, asked(bench, kind, generator="loadgen", **options), bench.folder)
    said = process.facts["loadgen"]
    assert "MLPerf Results Summary" in process.files["mlperf_log_summary.txt"]
    assert "Result is" in said and len(process.timed) >= 20
    if kind in ("single_stream", "multi_stream"):
        ours = np.percentile(process.latency_ns("end_to_end"), 50)
        assert ours <= said["50.00 percentile latency (ns)"] < 2 * ours + 200_000, (
            "its own share is in its latency only"
        )


def alone(loadgen: Any, folder: Path, *asked: Any) -> tuple[str, list[int]]:
    """LoadGen's summary, and the latency in ns that it saw of every query."""
    command = [str(loadgen.python), str(ALONE), *map(str, asked), str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    latencies: dict[str, int] = defaultdict(int)
    for query, ns in SAMPLE.findall((folder / "mlperf_log_trace.json").read_text()):
        latencies[query] = max(latencies[query], int(ns))
    return (folder / "mlperf_log_summary.txt").read_text(), list(latencies.values())


@pytest.mark.parametrize(("kind", "p", "queries"), [("SingleStream", 0.9, 300), ("MultiStream", 0.99, 900)])
def test_the_early_stopping_estimate_is_loadgens_on_the_same_latencies(
    loadgen: Any, tmp_path: Path, kind: str, p: float, queries: int
) -> None:
    text, latencies = alone(loadgen, tmp_path, kind, queries, 1)
    said = summary(text)
    assert len(latencies) == queries and max(latencies) == said["Max latency (ns)"]
    assert early_stopping_estimate(latencies, p) == said[f"Early stopping {100 * p:.1f}th percentile estimate"]
    assert f"Processed at least {least_queries(1, p)} queries ({queries})" in text


def test_below_loadgens_least_count_neither_of_us_gives_an_estimate(loadgen: Any, tmp_path: Path) -> None:
    text, latencies = alone(loadgen, tmp_path, "SingleStream", 63, 1)
    assert early_stopping_estimate(latencies, 0.9) is None and "percentile estimate:" not in text
    assert str(least_queries(1, 0.9)) in text and summary(text)["Early stopping satisfied"].upper() == "NO"


@pytest.mark.parametrize(("queries", "target_ms"), [(500, 5000), (400, 5000), (500, 0.3)])
def test_the_servers_verdict_is_loadgens(loadgen: Any, tmp_path: Path, queries: int, target_ms: float) -> None:
    """None late of 500, of 400 (459 are needed), and many late; then it says how many more would do."""
    text, latencies = alone(loadgen, tmp_path, "Server", queries, target_ms)
    late = sum(ns > 1e6 * target_ms for ns in latencies)
    satisfied = summary(text)["Early stopping satisfied"].upper() == "YES"
    assert allowed(late, len(latencies), 0.99) == satisfied == ((queries, target_ms) == (500, 5000))
    if not satisfied:
        assert f"at least {least_queries(late, 0.99) - queries} more queries" in text


def test_batches_keep_the_queries_of_every_size(onnxruntime: Any, bench: Bench) -> None:
    process = result(onnxruntime.python, asked(bench, "batches", sizes=[1, 2, 4]), bench.folder)
    assert [point["batch_size"] for point, _ in process.points] == [1, 2, 4]
    assert all(set(queries["samples"]) == {point["batch_size"]} for point, queries in process.points)
    assert set(process.timed["samples"]) == {process.facts["optimal_by_maximum"]}


def test_null_goes_through_the_same_loop_and_nothing_is_left_but_the_harness(tmp_path: Path) -> None:
    process = simulated(["+model=null", "scenario=quick", "scenario.min_duration_s=0.2"], tmp_path)
    assert process.facts["service_ms"] == 0 and len(process.predictions) == 0
    per_query = 1e6 * process.wall_s / len(process.timed)
    assert process.facts["harness_per_query_us"] == pytest.approx(per_query, rel=0.01)


def test_simulated_time_says_so_and_gives_the_same_numbers_every_time(tmp_path: Path) -> None:
    words = ["+model=fixed", "scenario=server", "scenario.target_qps=150", "software.options.time=simulated"]
    first, again = simulated(words, tmp_path / "1"), simulated(words, tmp_path / "2")
    assert first.facts["simulated"] and first.latencies.equals(again.latencies)
    assert set(first.latency_ns("predict")) == {5_000_000}


def test_a_failing_scenario_is_a_sentence(onnxruntime: Any, bench: Bench) -> None:
    request = asked(bench, "batches", sizes=[2, 1])
    assert "must rise" in failure(onnxruntime.python, request, bench.folder)
