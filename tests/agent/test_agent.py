"""The agent as a real process, in the real software environment."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks import ROOT
from tasks.results.process import Process, read_process
from tests.builders import archive, onnx_model
from tests.conftest import Bench
from tests.pipelines import Piped

OLDEST = ("numpy==2.0.2", "pillow==11.3.0")  # the last ones for Python 3.9
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}


def run(python: Path, request: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "request.json").write_text(json.dumps(request))
    command = [str(python), "-m", "tasks.agent", str(folder / "request.json"), str(folder / "out")]
    return subprocess.run(command, cwd=ROOT, env=ENV, capture_output=True, text=True, timeout=120)


def result(python: Path, request: dict[str, Any], folder: Path) -> Process:
    done = run(python, request, folder)
    assert done.returncode == 0, done.stderr
    return read_process(folder / "out")


def failure(python: Path, request: dict[str, Any], folder: Path) -> str:
    done = run(python, request, folder)
    assert done.returncode != 0 and not (folder / "out").exists()
    assert not list(folder.glob("*.partial"))
    return done.stderr.strip().splitlines()[-1]


def test_accuracy_predicts_every_sample_once(onnxruntime: Any, bench: Bench) -> None:
    process = result(onnxruntime.python, bench.request(), bench.folder)
    table = process.predictions
    assert sorted(table["sample"]) == list(range(30)) and (table["label"] == table["predicted"]).all()
    assert table["finite"].all() and table["group"].iloc[0] == "red/0"
    assert process.facts["effective"]["version"] == "1.31.1"
    assert process.facts["effective"]["intra_threads"] == 1


def test_a_timed_process_keeps_raw_readings_and_says_where_it_ran(onnxruntime: Any, bench: Bench) -> None:
    process = result(onnxruntime.python, bench.request("timed"), bench.folder)
    assert len(process.timed) >= 20 and process.latencies["warmup"].sum() == 2
    assert (process.latency_ns("end_to_end") >= process.latency_ns("predict")).all()
    facts = process.facts
    assert facts["cpus"] == [0] and facts["process"]["affinity"] == [0]
    assert facts["load_s"] > 0 and facts["first_prediction_s"] > 0 and facts["memory_peak_bytes"] > 10_000_000
    assert 0 < facts["harness_per_query_us"] < 1000
    assert len(process.predictions) == 30


def test_repetitions_walk_the_samples_in_different_seeded_orders(onnxruntime: Any, bench: Bench) -> None:
    from tasks.agent.setting import seeded_order

    assert seeded_order(30, "all", 0) == seeded_order(30, "all", 0) != seeded_order(30, "all", 1)


def test_inputs_are_described_without_importing_the_framework(bench: Bench) -> None:
    import sys

    process = result(
        Path(sys.executable), bench.request("inputs"), bench.folder
    )  # the project's Python has no onnxruntime
    table = process.inputs
    assert set(table["shape"]) == {"3x8x8"} and set(table["dtype"]) == {"float32"}
    assert table["high"].max() <= 1.0 and len(table) == 30 * 3


def test_model_level_spans_tile_every_query(onnxruntime: Any, bench: Bench) -> None:
    process = result(onnxruntime.python, bench.request("timed", tracing__level="model"), bench.folder)
    stages = [s for s in process.spans if s["level"] == "model"]
    assert len(stages) == 3 * len(process.timed)
    total = sum(s["end_ns"] - s["start_ns"] for s in stages)
    assert total == process.latency_ns("end_to_end").sum()


def test_images_that_do_not_decode_are_counted_and_named(onnxruntime: Any, bench: Bench) -> None:
    archive(bench.samples, broken=2)
    process = result(onnxruntime.python, bench.request(), bench.folder)
    assert [u["file"] for u in process.facts["undecodable"]] == ["red_00.png", "red_01.png"]
    assert len(process.predictions) == 28 and process.facts["samples_seen"] == 30


def test_nan_outputs_are_recorded_not_hidden(onnxruntime: Any, bench: Bench) -> None:
    onnx_model(bench.model, nan=True)
    assert not result(onnxruntime.python, bench.request(), bench.folder).predictions["finite"].any()


def test_a_wrong_input_shape_is_a_sentence(onnxruntime: Any, bench: Bench) -> None:
    onnx_model(bench.model, side=16)
    sentence = failure(onnxruntime.python, bench.request(), bench.folder)
    assert "shape ['batch', 3, 8, 8] in the manifest and ['batch', 3, 16, 16] in the model file" in sentence


def test_a_wrong_output_name_is_a_sentence(onnxruntime: Any, bench: Bench) -> None:
    assert "the model file has logits" in failure(
        onnxruntime.python, bench.request(model__outputs__0__name="scores"), bench.folder
    )


def test_a_truncated_model_is_a_sentence(onnxruntime: Any, bench: Bench) -> None:
    bench.model.write_bytes(bench.model.read_bytes()[:100])
    assert "cannot load tiny.onnx" in failure(onnxruntime.python, bench.request(), bench.folder)


def test_an_unasked_fall_back_is_an_error(onnxruntime: Any, bench: Bench) -> None:
    request = {**bench.request(), "device": "cuda"}
    assert "CUDAExecutionProvider" in failure(onnxruntime.python, request, bench.folder)


def test_a_missing_framework_is_a_sentence(bench: Bench) -> None:
    import sys

    assert "onnxruntime cannot be imported" in failure(Path(sys.executable), bench.request(), bench.folder)


def test_a_disk_that_is_full_leaves_nothing_half_written(onnxruntime: Any, bench: Bench) -> None:
    (bench.folder / "request.json").write_text(json.dumps(bench.request()))
    command = f"ulimit -f 4; exec {onnxruntime.python} -m tasks.agent {bench.folder}/request.json {bench.folder}/out"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=ENV, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and not (bench.folder / "out").exists()


def test_the_agent_dies_with_its_parent(onnxruntime: Any, bench: Bench) -> None:
    request = bench.request("timed", scenario__min_duration_s=60.0)
    (bench.folder / "request.json").write_text(json.dumps(request))
    code = (
        "import os, subprocess, sys, time\n"
        "p = subprocess.Popen(sys.argv[1:] + ['--parent', str(os.getpid())])\n"
        "print(p.pid, flush=True); time.sleep(60)\n"
    )
    command = [str(onnxruntime.python), "-c", code, str(onnxruntime.python), "-m", "tasks.agent"]
    parent = subprocess.Popen(
        [*command, str(bench.folder / "request.json"), str(bench.folder / "out")],
        cwd=ROOT,
        env=ENV,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout
    agent = int(parent.stdout.readline())
    time.sleep(1.5)
    os.kill(agent, 0)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{agent}/status").exists() and "zombie" not in Path(f"/proc/{agent}/status").read_text():
        assert time.monotonic() < deadline, "the agent outlived its parent"
        time.sleep(0.05)


def test_the_agent_imports_nothing_that_is_not_lean(onnxruntime: Any, bench: Bench) -> None:
    (bench.folder / "request.json").write_text(json.dumps(bench.request("timed")))
    code = (
        "import sys; from tasks.agent.__main__ import main; sys.argv = ['agent', *sys.argv[1:]]; code = main()\n"
        "heavy = {'pydantic', 'prefect', 'ray', 'hydra', 'omegaconf', 'mlflow', 'dvc', 'pandas', 'pandera', 'scipy'}\n"
        "bad = heavy & set(sys.modules)\n"
        "print(sorted(bad)); sys.exit(code)"
    )
    command = [str(onnxruntime.python), "-c", code, str(bench.folder / "request.json"), str(bench.folder / "out")]
    done = subprocess.run(command, cwd=ROOT, env=ENV, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.strip() == "[]"
    assert np.load(bench.folder / "out" / "latencies.npz")["predict_ns"].min() > 0


@pytest.fixture(scope="module")
def oldest() -> Path:
    """A Python 3.9 with what every software has, really provisioned."""
    from tasks.stacks.build import ensure
    from tasks.stacks.lock import Lock
    from tasks.stacks.python_finder import available

    if "3.9" not in available():
        pytest.skip("there is no Python 3.9 here")
    return ensure(Lock("3.9", OLDEST), "oldest").python


@pytest.mark.parametrize("role", ["inputs", "accuracy", "timed"])
def test_every_role_runs_on_the_oldest_python(oldest: Path, bench: Bench, role: str) -> None:
    own = "tests.agent.mean_color"
    request = {**bench.request(role), "framework": own, "options": {}, "allow_modules": [own]}
    process = result(oldest, request, bench.folder)
    assert process.role == role and process.facts["process"]["python"].startswith("3.9.")


@pytest.mark.parametrize("role", ["inputs", "accuracy", "timed"])
def test_every_role_of_a_pipeline_runs_on_the_oldest_python(oldest: Path, tmp_path: Path, role: str) -> None:
    own, bench = "tests.agent.mean_color", Piped(tmp_path)
    request = {**bench.request(role), "framework": own, "options": {}}
    request["allow_modules"] = [own, "tests.agent.found_boxes"]
    assert result(oldest, request, bench.folder).facts["process"]["python"].startswith("3.9.")


def test_every_lean_module_is_imported_by_the_oldest_python(oldest: Path) -> None:
    folders = ("agent", "environment", "processing", "predictors", "scenarios", "modalities", "tracing", "plugins")
    found = [p for folder in folders for p in (ROOT / "tasks" / folder).glob("*.py") if not p.stem.startswith("__")]
    names = [".".join(p.relative_to(ROOT).with_suffix("").parts) for p in found]
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    done = subprocess.run([oldest, "-c", code, *names], cwd=ROOT, env=ENV, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
