"""Sweeps that are interrupted, resumed, and logged late, with real processes really killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from flows import recorded, sweeps
from flows.beside import Clock
from flows.evaluate import evaluate
from tasks import ROOT
from tasks.errors import Refused
from tasks.results.measurement import Result, Sweep
from tasks.results.pending import FOLDER
from tests.flows.conftest import InRepository

CLI = [sys.executable, "-m", "flows.evaluate"]

HOST = "here"


def swept(request: Any, resume: str | None = None) -> Sweep:
    done = evaluate(request, resume)
    assert isinstance(done, Sweep)
    return done


def test_resuming_measures_only_what_is_not_there(
    repository_bench: InRepository, capfd: pytest.CaptureFixture[str]
) -> None:
    good = repository_bench.evaluation()
    bad = repository_bench.evaluation(scenario__seed=1, dataset__archives__test__sha256="0" * 64)
    first = swept([good, bad])
    assert [c.passed for c in first.cells] == [True, False]
    again = swept([good, repository_bench.evaluation(scenario__seed=1)], first.run)
    assert again.run == first.run and [c.passed for c in again.cells] == [True, True]
    assert again.cells[0].run == first.cells[0].run and again.cells[1].run != first.cells[1].run
    said = capfd.readouterr().err
    assert f"finished in {first.cells[0].run} (same evaluation, lock, and host)" in said and "left" in said
    summary = json.loads((ROOT / "reports" / first.run / "summary.json").read_text())
    assert summary["finished"] and summary["passed"] and len(summary["cells"]) == 2
    assert summary["cells"][0]["environment"]["host"]
    assert len(recorded.asked_again(first.run)) == 2
    summary["cells"].pop()  # as a driver leaves it that is killed once a cell is recorded
    (ROOT / "reports" / first.run / "summary.json").write_text(json.dumps(summary))
    once_more = swept([good, repository_bench.evaluation(scenario__seed=1)], first.run)
    assert [c.run for c in once_more.cells] == [c.run for c in again.cells]


def test_another_lock_or_evaluation_is_not_the_same_cell(repository_bench: InRepository) -> None:
    base = sweeps.identity(repository_bench.evaluation(), HOST)
    assert sweeps.identity(repository_bench.evaluation(), HOST) == base
    assert sweeps.identity(repository_bench.evaluation(scenario__min_queries=21), HOST) != base
    other = sweeps.identity(repository_bench.evaluation(software__packages=["onnxruntime==1.20.1"]), HOST)
    assert other[1] != base[1]


def test_a_sweep_that_is_left_says_how_to_go_on_once_there_is_something(capfd: pytest.CaptureFixture[str]) -> None:
    for rows in ({}, {0: None, 1: None}):
        with pytest.raises(KeyboardInterrupt), sweeps._resumable("sweep-x", rows, 5):  # type: ignore[arg-type]
            raise KeyboardInterrupt
    said = capfd.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].endswith("2 of 5 cells are recorded; the rest: python -m flows.evaluate resume=sweep-x")


def test_an_unknown_sweep_is_answered_with_those_there_are() -> None:
    with pytest.raises(Refused, match="There is no sweep"):
        recorded.recorded("sweep-of-nobody")


def test_the_remaining_time_is_never_below_what_the_scenarios_ask(repository_bench: InRepository) -> None:
    clock, left = (
        Clock(),
        [repository_bench.evaluation(scenario__min_duration_s=60.0, scenario__repetitions=2)] * 3,
    )
    assert clock.remaining(left) == "at least 6 min left"
    clock.took_s = [1.0]
    assert "about 6 min" in clock.remaining(left)
    clock.took_s = [200.0, 300.0]
    assert clock.remaining(left) == "about 12 min (10 min to 15 min) left, by the 2 that ended"


def test_what_a_killed_driver_measured_is_logged_first_by_the_next_run(
    repository_bench: InRepository, capfd: pytest.CaptureFixture[str]
) -> None:
    own = [f"scenario.id={repository_bench.mark}", f"tracking.uri={repository_bench.uri}"]
    words = ["-m", "+model=patchnet", "scenario=quick", "scenario.min_duration_s=60", "scenario.seed=1,2", *own]
    process = subprocess.Popen([*CLI, *words], cwd=ROOT, stdout=-1, stderr=-1, text=True, start_new_session=True)
    assert process.stderr
    while "timing 1" not in (line := process.stderr.readline()):
        assert line
    driver = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
    for pid in driver:
        os.kill(int(pid), signal.SIGKILL)
    process.wait(timeout=30)
    result = evaluate(repository_bench.evaluation())
    assert isinstance(result, Result) and result.passed
    said = capfd.readouterr().err
    assert "was measured at" in said and "had been killed: marked as crashed in Prefect" in said
    late, sweep = (r for r in repository_bench.runs() if r.info.run_id != result.mlflow["run_id"])
    late, sweep = (sweep, late) if "touchstone.kind" in late.data.tags else (late, sweep)
    assert sweep.info.status == "KILLED" and late.data.tags["mlflow.parentRunId"] == sweep.info.run_id
    assert late.info.status == "FAILED" and late.data.tags["hash.dataset"]
    assert "The driver ended before the measurement was complete." in late.data.tags["mlflow.note.content"]
    assert late.data.metrics["accuracy/top1"] > 0.9 and not list(FOLDER.glob(f"*{repository_bench.mark}*"))


def test_what_the_tracking_store_did_not_take_is_logged_when_it_is_back(
    repository_bench: InRepository, tmp_path: Path
) -> None:
    away = tmp_path / "away"
    away.write_text("a file where the store's folder should be")
    uri = f"sqlite:///{away / 'mlflow.db'}"
    first = evaluate(repository_bench.evaluation(tracking__uri=uri))
    assert isinstance(first, Result) and "Not logged" in first.failure and first.metrics["predict_p50_ms"].value
    assert (first.folder / "index.html").exists()
    away.unlink()
    second = evaluate(repository_bench.evaluation())
    assert isinstance(second, Result) and second.passed
    repository_bench.uri = uri
    (late,) = repository_bench.runs()
    assert late.info.status == "FINISHED" and late.info.run_name == first.run
    summary = json.loads((ROOT / "reports" / first.run / "summary.json").read_text())
    assert summary["passed"] and summary["mlflow"]["run_id"] == late.info.run_id


def test_a_process_killed_from_outside_is_measured_once_more_and_a_crash_is_not(repository_bench: InRepository) -> None:
    found: dict[str, Any] = {}

    def killer(signal_name: str) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            pids = subprocess.run(
                ["pgrep", "-f", "tasks.agent .*request.json"], capture_output=True, text=True
            ).stdout.split()
            for pid in pids:
                if _role(pid) == "timed" and Path(f"/proc/{pid}/cwd").resolve() == ROOT:
                    subprocess.run(["kill", f"-{signal_name}", pid], check=False)
                    found[signal_name] = pid
                    return
            time.sleep(0.05)

    results = {}
    for name in ("KILL", "SEGV"):
        thread = threading.Thread(target=killer, args=(name,))
        thread.start()
        results[name] = evaluate(repository_bench.evaluation(scenario__min_duration_s=2.0))
        thread.join()
    killed, crashed = results["KILL"], results["SEGV"]
    assert isinstance(killed, Result) and killed.passed and "second_attempt" in {f.rule for f in killed.findings}
    assert isinstance(crashed, Result) and "SIGSEGV" in crashed.failure and not crashed.passed
    assert crashed.metrics["accuracy_top1"].value == 1.0, "what was measured before the crash is kept"


def _role(pid: str) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        request = next(Path(w.decode()) for w in command if w.endswith(b"request.json"))
        return str(json.loads(request.read_text())["role"])
    except (OSError, StopIteration, ValueError):
        return ""


def _until(true: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)
