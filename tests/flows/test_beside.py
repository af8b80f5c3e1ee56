"""Cells beside each other, on this machine; tests/cluster has them on several nodes."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from flows.beside import Seldom, each, width
from flows.evaluate import evaluate
from tasks import ROOT
from tasks.results.measurement import Sweep
from tasks.results.pending import FOLDER
from tests.flows.conftest import InRepository


def test_so_many_run_at_once_and_each_tells_its_number() -> None:
    met = threading.Barrier(2, timeout=10)

    def meet(name: str) -> str:
        met.wait()
        return name.upper()

    assert dict(each(meet, [("a",), ("b",), ("c",), ("d",)], 2)) == {0: "A", 1: "B", 2: "C", 3: "D"}


def test_one_at_a_time_begins_in_order() -> None:
    begun: list[int] = []
    assert [number for number, _ in each(begun.append, [(n,) for n in range(5)], 1)] == begun == [0, 1, 2, 3, 4]


def test_what_grows_takes_a_tenth_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now, drawn = 1000.0, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now)
    seldom = Seldom()
    for cell in range(300):
        now += 2.0
        if seldom.due():
            with seldom.once():
                now += 0.02 * cell
                drawn.append(0.02 * cell)
    assert len(drawn) > 20 and sum(drawn) < 0.11 * (now - 1000)


def test_an_error_begins_no_further_one() -> None:
    begun: list[int] = []

    def fail(number: int) -> None:
        begun.append(number)
        time.sleep(0.1)
        raise ValueError(str(number))

    with pytest.raises(ValueError, match="0"):
        list(each(fail, [(n,) for n in range(50)], 1))
    assert len(begun) < 50


def test_on_this_machine_one_is_the_default(repository_bench: InRepository) -> None:
    assert width(repository_bench.evaluation()) == 1
    assert width(repository_bench.evaluation(workers__cells=3)) == 3


def test_rows_stand_as_asked_and_bad_input_is_one_of_them(repository_bench: InRepository) -> None:
    made = [repository_bench.evaluation(workers__cells=3, scenario__seed=seed) for seed in (0, 1)]
    bad = repository_bench.evaluation(scenario__seed=2, dataset__archives__test__sha256="0" * 64)
    done = evaluate([made[0], bad, made[1]])
    assert isinstance(done, Sweep) and [c.passed for c in done.cells] == [True, False, True]
    assert [c.evaluation.scenario.seed for c in done.cells] == [0, 2, 1]
    children = [r for r in repository_bench.runs() if r.data.tags.get("mlflow.parentRunId") == done.mlflow["run_id"]]
    assert sorted(r.info.status for r in children) == ["FAILED", "FINISHED", "FINISHED"]


def test_an_interrupt_ends_all_that_are_under_way_and_records_none(repository_bench: InRepository) -> None:
    own = [f"scenario.id={repository_bench.mark}", f"tracking.uri={repository_bench.uri}", "workers.cells=2"]
    words = ["-m", "+model=patchnet", "scenario=quick", "hw=cpu1", "scenario.min_duration_s=30", *own]
    command = [sys.executable, "-m", "flows.evaluate", *words, "scenario.warmup_queries=1,2"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=-1, stderr=-1, text=True)
    assert process.stderr
    seen: set[str] = set()
    for line in process.stderr:
        seen |= {part for part in ("1 measure", "2 measure") if f"{part}  timing 1" in line}
        if len(seen) == 2:
            break
    time.sleep(1)
    os.kill(process.pid, signal.SIGINT)
    begin = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err and time.monotonic() - begin < 28, err
    assert not list(FOLDER.glob(f"*{repository_bench.mark}*"))
    assert not [p for p in (ROOT / "reports").iterdir() if repository_bench.mark in p.name]
    assert not [p for p in psutil.process_iter() if _asks(p, repository_bench.mark)], "an agent is left"


def _asks(process: psutil.Process, mark: str) -> bool:
    """Whether it is an agent of that bench."""
    try:
        words = process.cmdline()
        return "tasks.agent" in words and any(mark in Path(w).read_text() for w in words if w.endswith("request.json"))
    except (psutil.Error, OSError):
        return False
