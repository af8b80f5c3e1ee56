"""The straight line, end to end: the real Prefect, Ray, MLflow, and ONNX Runtime in its own environment."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flows.evaluate import evaluate
from flows.foreground import PATIENCE_S
from tasks import ROOT
from tasks.errors import ArtifactMismatch, Refused
from tasks.progress import say
from tasks.results.measurement import Result, Sweep
from tasks.services import local
from tasks.stacks.build import ensure
from tasks.stacks.lock import RUNNING, Lock
from tests.builders import COLORS, onnx_model, png
from tests.flows.conftest import InRepository

CLI = [sys.executable, "-m", "flows.evaluate"]


def one(request: Any) -> Result:
    done = evaluate(request)
    assert isinstance(done, Result)
    return done


def folders() -> set[str]:
    return {p.name for p in (ROOT / "reports").iterdir()}


def test_one_evaluation_from_specification_to_record(repository_bench: InRepository) -> None:
    result = one(repository_bench.evaluation(scenario__repetitions=2))
    assert result.passed, (result.failure, result.verdict)
    assert [p.role for p in result.measurement.processes] == ["inputs", "accuracy", "timed", "timed"]
    assert len({p.facts["process"]["pid"] for p in result.measurement.processes}) == 4, "not every process was fresh"
    assert result.metrics["accuracy_top1"].value == 1.0 and result.metrics["predict_p50_ms"].processes == 2
    summary = json.loads((result.folder / "summary.json").read_text())
    assert {"evaluation", "hashes", "metrics", "environment", "findings", "steps_s", "mlflow"} <= set(summary)
    assert {"value", "unit", "low", "high", "n"} <= set(summary["metrics"]["predict_p50_ms"])
    assert "http" not in re.sub(
        r"http://www\.w3\.org/\S+", "", _outside_specification((result.folder / "index.html").read_text())
    )
    (run,) = repository_bench.runs()
    assert run.info.status == "FINISHED" and run.info.run_id == summary["mlflow"]["run_id"]
    assert run.data.metrics["predict/p50_ms"] == pytest.approx(summary["metrics"]["predict_p50_ms"]["value"])
    assert run.data.tags["hash.evaluation"] == result.hashes["evaluation"] and run.data.tags["prefect.flow_run_id"]
    raw = pd.read_parquet(result.folder / "latencies.parquet")
    assert len(raw[~raw["warmup"]]) == result.metrics["predict_p50_ms"].n


def _outside_specification(html: str) -> str:
    """The page without the text of the specification, which may hold addresses as words."""
    return re.sub(r"<pre.*?</pre>", "", html, flags=re.S)


def test_a_failed_check_is_logged_and_drawn_with_everything_kept(repository_bench: InRepository) -> None:
    onnx_model(repository_bench.model, nan=True)
    result = one(repository_bench.evaluation())
    assert not result.passed and result.metrics["predict_p50_ms"].value
    failed = [c for c in result.verdict.checks if not c.passed]
    assert any("NaN" in c.sentence for c in failed) and all(len(c.rows) <= 5 for c in failed)
    assert (result.folder / "predictions.parquet").exists() and (result.folder / "index.html").exists()
    assert [r.info.status for r in repository_bench.runs()] == ["FAILED"]


def test_wrong_inputs_are_refused_before_inference_and_only_noted_when_asked(repository_bench: InRepository) -> None:
    wrong = {"model__preprocess__1__scale": 1.0}
    refused = one(repository_bench.evaluation(**wrong))
    assert [p.role for p in refused.measurement.processes] == ["inputs"] and not refused.passed
    assert any("scale" in c.sentence for c in refused.verdict.checks if not c.passed)
    noted = one(repository_bench.evaluation(**wrong, contracts="record"))
    assert len(noted.measurement.timed) == 1


def test_a_checksum_mismatch_stops_before_inference_and_records_nothing(repository_bench: InRepository) -> None:
    evaluation = repository_bench.evaluation()
    flipped = bytearray(repository_bench.samples.read_bytes())
    flipped[-5] ^= 1
    repository_bench.samples.write_bytes(flipped)
    before = folders()
    with pytest.raises(
        ArtifactMismatch, match=r"colors\.zip has SHA-256 .*, the manifest says .*\. Nothing was measured"
    ):
        evaluate(evaluation)
    assert (
        not {n for n in folders() - before if "tiny" in n}
        and not (Path(repository_bench.uri.removeprefix("sqlite:///"))).exists()
    )


def test_several_give_a_sweep_whose_failed_cell_stops_no_other(repository_bench: InRepository) -> None:
    good = repository_bench.evaluation()
    missing = repository_bench.evaluation(
        model__artifacts__seeded__onnx__path=".touchstone/tests/nothing.onnx", model__id="gone"
    )
    sweep = evaluate([good, missing, repository_bench.evaluation(scenario__seed=1)])
    assert isinstance(sweep, Sweep) and [c.passed for c in sweep.cells] == [True, False, True]
    assert "nothing.onnx is not there" in sweep.cells[1].failure
    summary = json.loads((sweep.folder / "summary.json").read_text())
    assert len(summary["cells"]) == 3
    parents = {r.data.tags.get("mlflow.parentRunId") for r in repository_bench.runs()}
    assert parents == {None, sweep.mlflow["run_id"]} and len(repository_bench.runs()) == 4
    for cell in sweep.cells:
        assert (cell.folder / "index.html").exists()


def test_a_step_of_the_users_own_module(repository_bench: InRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository_bench.folder / "mysteps.py").write_text("def darker(image, *, by):\n    return image // by\n")
    monkeypatch.setenv("PYTHONPATH", str(repository_bench.folder))
    steps = repository_bench.evaluation().model.model_dump(mode="json")["preprocess"]
    own = {"step": "mysteps.darker", "by": 2}
    result = one(repository_bench.evaluation(model__preprocess=[steps[0], own, *steps[1:]], allow_modules=["mysteps"]))
    inputs = result.measurement.only("inputs")
    assert result.passed and inputs and inputs.inputs["high"].max() <= 0.51


def test_class_folders_with_images_that_do_not_decode(repository_bench: InRepository) -> None:
    val = repository_bench.folder / "val"
    for label, color in COLORS.items():
        (val / label).mkdir(parents=True)
        for i in range(20):
            (val / label / f"{i:03}.JPEG").write_bytes(png(color, noise=i))
    (val / "red" / "003.JPEG").write_bytes(b"no image")
    folder = {
        "dataset__kind": "image_folder",
        "dataset__folder": str(val),
        "dataset__archives": {},
        "dataset__samples": {},
    }
    few = one(repository_bench.evaluation(**folder, dataset__undecodable_share=0.05))
    assert few.passed and few.metrics["accuracy_top1"].n == 59
    many = one(repository_bench.evaluation(**folder, dataset__undecodable_share=0.01))
    assert not many.passed
    assert any("red/003.JPEG" in c.sentence + str(c.rows) for c in many.verdict.checks if not c.passed)


def test_a_missing_folder_is_refused_before_anything_is_started(repository_bench: InRepository) -> None:
    with pytest.raises(Refused, match=r"does not exist.*dataset\.folder="):
        evaluate(
            ["+model=resnet50", "model.weights=imagenet", "dataset=imagenet_val", "dataset.folder=/no/such/folder"]
        )


def test_the_python_that_runs_the_flow_must_have_the_framework(repository_bench: InRepository) -> None:
    with pytest.raises(Refused, match="onnxruntime"):
        evaluate(repository_bench.evaluation(software__environment="current"))


def test_the_python_that_runs_the_flow_measures_with_the_framework_that_lies_there(
    repository_bench: InRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation = repository_bench.evaluation(software__environment="current")
    built = ensure(Lock(RUNNING, evaluation.software.packages), "onnxruntime")
    here = repository_bench.folder / "brought"
    here.mkdir()
    for package in built.folder.glob("lib/python3*/site-packages/onnxruntime*"):
        (here / package.name).symlink_to(package)
    monkeypatch.setenv("PYTHONPATH", str(here))
    monkeypatch.syspath_prepend(here)
    result = one(evaluation)
    assert result.passed, (result.failure, result.verdict)
    assert result.stack["python"] == sys.executable
    used = result.measurement.timed[0].facts["effective"]["version"]
    assert used == result.stack["installed"]["onnxruntime"] == built.installed["onnxruntime"]


def cli_words(bench: InRepository, *more: str) -> list[str]:
    return ["+model=patchnet", "scenario=quick", f"scenario.id={bench.mark}", f"tracking.uri={bench.uri}", *more]


def test_two_command_lines_at_once_and_python_describe_and_give_the_same(repository_bench: InRepository) -> None:
    words = cli_words(repository_bench)
    both = [subprocess.Popen([*CLI, *words], cwd=ROOT, stdout=-1, stderr=-1, text=True) for _ in range(2)]
    outputs = [p.communicate(timeout=240) for p in both]
    assert [p.returncode for p in both] == [0, 0], outputs
    found = [json.loads((ROOT / out.strip().splitlines()[-1]).read_text()) for out, _ in outputs]
    python = one(words)
    assert {s["hashes"]["evaluation"] for s in found} == {python.hashes["evaluation"]}
    assert {s["metrics"]["accuracy_top1"]["value"] for s in found} == {python.metrics["accuracy_top1"].value}
    assert "patchnet[trained] on patches" in outputs[0][0] and len(repository_bench.runs()) == 3


def test_a_deployment_gives_the_same(repository_bench: InRepository, tmp_path: Path) -> None:
    env = {
        **os.environ,
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    port = _free_port()
    env |= {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api", "PREFECT_SERVER_API_PORT": str(port)}
    words = cli_words(repository_bench)
    serve = "from flows.pipeline import evaluate; evaluate.serve(name='test')"
    ask = (
        "import sys, json; from prefect.deployments import run_deployment\n"
        "run = run_deployment('evaluate/test', parameters={'request': json.loads(sys.argv[1])}, timeout=150)\n"
        "print(run.state.type.value)"
    )
    server = subprocess.Popen(
        [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"], env=env, stdout=-3, stderr=-3
    )
    served = None
    try:
        _wait_for(f"http://127.0.0.1:{port}/api/health")
        served = subprocess.Popen([sys.executable, "-c", serve], cwd=ROOT, env=env, stdout=-3, stderr=-3)
        state = ""
        for _ in range(6):  # until the deployment is there
            time.sleep(4)
            done = subprocess.run(
                [sys.executable, "-c", ask, json.dumps(words)], env=env, capture_output=True, text=True, timeout=200
            )
            state = done.stdout.strip()
            if state:
                break
        assert state == "COMPLETED", done.stderr[-2000:]
    finally:
        for process in filter(None, (served, server)):
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:  # Prefect's runner now and then loses the signal
                process.kill()
                process.wait()
    (run,) = repository_bench.runs()
    from flows.cli import read

    assert run.data.tags["hash.evaluation"] == read(words)[0].hashes()["evaluation"]


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, seconds: float = 90) -> None:
    import urllib.request

    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=2)
            return
        except OSError:
            assert time.monotonic() < deadline, f"{url} did not answer"
            time.sleep(0.5)


@pytest.mark.parametrize(
    ("step", "services"),
    [("with an ephemeral", "ephemeral"), ("Ray:", "ephemeral")]
    + [(step, "local") for step in ("Ray:", "Building", "looking at", "timing 1")],
)
def test_ctrl_c_ends_everything_and_leaves_nothing(
    repository_bench: InRepository, tmp_path: Path, step: str, services: str
) -> None:
    local.started(("prefect", "ray"), 900, say("test"))  # what stays up does not hold the mark
    mark = repository_bench.mark  # in the run's name, and in the environment of whatever it starts
    words = cli_words(repository_bench, "scenario.min_duration_s=60", f"services={services}")
    env = {**os.environ, "MARK": mark} | ({"TOUCHSTONE_CACHE": str(tmp_path)} if step == "Building" else {})
    process = subprocess.Popen(
        [*CLI, *words], cwd=ROOT, env=env, stdout=-1, stderr=-1, text=True, start_new_session=True
    )
    assert process.stderr
    while step not in (line := process.stderr.readline()):
        assert line, f"«{step}» was never said"
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    begin = time.monotonic()
    out, err = process.communicate(timeout=45)
    assert services == "ephemeral" or time.monotonic() - begin < PATIENCE_S, "it did not end by itself"
    assert process.returncode == 130 and "Interrupted" in err and "Traceback" not in err
    assert out == "" and not [name for name in folders() if mark in name]
    assert not list((ROOT / ".touchstone" / "pending").glob(f"*{mark}*"))
    deadline = time.monotonic() + 10
    while left := _marked(mark):
        assert time.monotonic() < deadline, left
        time.sleep(0.2)


def _marked(mark: str) -> list[str]:
    """Command lines of living processes whose environment holds the mark."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"MARK={mark}".encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def test_a_full_disk_is_a_sentence_whoever_meets_it_first(repository_bench: InRepository) -> None:
    for kib in (100, 700):  # what is measured finds no room; it does, and the store does not
        command = f"ulimit -f {kib}; exec {' '.join(CLI)} {' '.join(cli_words(repository_bench))}"
        done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=200)
        told = done.stdout + done.stderr
        assert done.returncode == 1 and "disk" in told and "Traceback" not in told, told[-3000:]
        left = {n for n in folders() if repository_bench.mark in n}
        assert not left or "The next run logs it first" in " ".join(told.split()), told[-3000:]


def test_a_report_that_finds_no_room_is_not_left_half_written(tmp_path: Path) -> None:
    from flows import line
    from tasks.results.files import write_files
    from tests.results_builder import result

    before, limits = folders(), resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        with pytest.raises(OSError), line.report_folder("tiny-full") as folder:
            write_files(result(folder), folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not {n for n in folders() - before if "tiny" in n}
