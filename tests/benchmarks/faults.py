"""`make test-faults` (`python -m tests.benchmarks.faults [--times 3]`): who is killed, and in which step → faults.md.

A case starts a real evaluation on services of its own, waits for a step, sends SIGKILL, lets the run end, and runs
another. It holds when the outcome is the expected one, nothing logged is half-written, no agent or worker of the killed
run is there after 30 s, and the next run passes, marks what crashed, and logs what had been measured.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tasks import ROOT

STEPS = {"inputs": "looking at", "accuracy": "judging", "timed": "timing 1"}
GONE_S = 30.0
CASE_S = 180.0


@dataclass
class Case:
    """One run that is hurt, in a state folder and an MLflow store of its own."""

    target: str
    step: str
    place: Path
    said: str = ""
    code: int | None = None
    broken: list[str] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """In its environment, and in the names of its runs."""
        return self.place.name

    def env(self) -> dict[str, str]:
        """Its services lie beside the clone's."""
        dropped = ("PREFECT_", "TOUCHSTONE_PREFECT", "RAY_ADDRESS", "MLFLOW_TRACKING_URI")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
        return {**kept, "TOUCHSTONE_STATE": str(self.place.parent / "state"), "MARK": self.mark}

    def words(self) -> list[str]:
        """A quick evaluation that is long enough to be hit."""
        own = [f"scenario.id={self.mark}", f"tracking.uri=sqlite:///{self.place.parent / 'mlflow.db'}"]
        return ["+model=patchnet", "scenario=quick", "scenario.min_duration_s=4", *own]


def hurt(case: Case) -> None:
    """Run, kill, wait for the end."""
    command = [sys.executable, "-m", "flows.evaluate", *case.words()]
    process = subprocess.Popen(command, cwd=ROOT, env=case.env(), stdout=-1, stderr=-1, text=True)
    assert process.stderr
    for line in process.stderr:
        case.said += line
        if STEPS[case.step] in line:
            break
    else:
        case.broken.append(f"the step «{case.step}» was never reached")
    time.sleep(0.3)
    if not TARGETS[case.target](case, process):
        case.broken.append(f"no {case.target} was found to kill")
    try:
        _, rest = process.communicate(timeout=CASE_S)
        case.said += rest
    except subprocess.TimeoutExpired:
        process.kill()
        case.broken.append(f"the run did not end within {CASE_S:g} s")
    case.code = process.returncode


def judge(case: Case) -> None:
    """What must hold afterwards."""
    if "Traceback" in case.said:
        case.broken.append("a traceback was printed")
    deadline = time.monotonic() + GONE_S
    while left := list(_of_run(case)):
        if time.monotonic() > deadline:
            case.broken.append(f"still there after {GONE_S:g} s: {' '.join(left[0].cmdline())[:80]}")
            break
        time.sleep(0.5)
    done = subprocess.run(
        [sys.executable, "-m", "flows.evaluate", *case.words()],
        cwd=ROOT,
        env=case.env(),
        capture_output=True,
        text=True,
        timeout=CASE_S,
        check=False,
    )
    if done.returncode:
        case.broken.append(f"the next run ended with {done.returncode}: {done.stderr.strip().splitlines()[-1][:160]}")
    if case.target == "driver" and "marked as crashed" not in done.stderr:
        case.broken.append("the next run did not mark the flow run as crashed")
    case.broken += _half_written(case)


def _half_written(case: Case) -> Iterator[str]:
    from mlflow import MlflowClient

    for folder in (ROOT / "reports").glob(f"*{case.mark}*"):
        if folder.name.endswith(".partial") or not (folder / "summary.json").exists():
            yield f"{folder.name} is half-written"
        else:
            json.loads((folder / "summary.json").read_text())
    client = MlflowClient(f"sqlite:///{case.place.parent / 'mlflow.db'}")
    runs = [r for e in client.search_experiments() for r in client.search_runs([e.experiment_id])]
    mine = [r for r in runs if case.mark in r.info.run_name]
    yield from (f"MLflow run {r.info.run_name} is {r.info.status}" for r in mine if r.info.status == "RUNNING")
    if not any(r.info.status == "FINISHED" for r in mine):
        yield "the next run is not in MLflow"


def _of_run(case: Case) -> Iterator[psutil.Process]:
    """Agents and workers that the run started; not the services, which stay."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            words = " ".join(process.cmdline())
            if "tasks.agent" in words and process.environ().get("MARK") == case.mark:
                yield process


def _kill(processes: list[psutil.Process]) -> bool:
    for process in processes:
        with suppress(psutil.Error):
            process.send_signal(signal.SIGKILL)
    return bool(processes)


def _agent(case: Case, run: "subprocess.Popen[str]") -> bool:
    return _kill(list(_of_run(case)))


def _worker(case: Case, run: "subprocess.Popen[str]") -> bool:
    return _kill([p.parent() for p in _of_run(case)])  # type: ignore[misc]


def _driver(case: Case, run: "subprocess.Popen[str]") -> bool:
    return _kill(psutil.Process(run.pid).children())


def _command_line(case: Case, run: "subprocess.Popen[str]") -> bool:
    return _kill([psutil.Process(run.pid)])


def _service(name: str) -> Callable[[Case, Any], bool]:
    def kill(case: Case, run: Any) -> bool:
        state = json.loads((case.place.parent / "state" / "services" / "services.json").read_text())
        return _kill([psutil.Process(state[name]["pid"])])

    return kill


TARGETS: dict[str, Callable[[Case, "subprocess.Popen[str]"], bool]] = {
    "agent": _agent,
    "Ray worker": _worker,
    "driver": _driver,
    "command line": _command_line,
    "Ray": _service("ray"),
    "Prefect server": _service("prefect"),
}


def main() -> int:
    """Every case so many times; the table is rewritten after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    times = parser.parse_args().times
    place, found = Path(tempfile.mkdtemp(prefix="touchstone-faults-")), dict[tuple[str, str], list[Case]]()
    try:
        for target in TARGETS:
            for step in ("inputs", "accuracy", "timed"):
                for n in range(times):
                    case = Case(target, step, place / f"fault-{os.getpid()}-{len(found)}-{n}")
                    hurt(case)
                    judge(case)
                    found.setdefault((target, step), []).append(case)
                    print(target, step, n + 1, case.code, case.broken or "holds", flush=True)
                _write(found, times)
    finally:
        state = {"env": {**os.environ, "TOUCHSTONE_STATE": str(place / "state")}, "cwd": ROOT, "check": False}
        subprocess.run([sys.executable, "-m", "flows.services", "down", "now"], **state)  # type: ignore[call-overload]
        shutil.rmtree(place, ignore_errors=True)
        for folder in (ROOT / "reports").glob(f"*fault-{os.getpid()}-*"):
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if any(case.broken for cases in found.values() for case in cases) else 0


def _write(found: dict[tuple[str, str], list[Case]], times: int) -> None:
    lines = [
        "# Faults",
        "",
        f"`make test-faults`: SIGKILL in the middle of a step, {times} times each. A case holds when the run ends,",
        f"nothing is half-written, no agent of it is left after {GONE_S:g} s, and the next run passes, marks a crashed",
        "flow run, and logs what had been measured.",
        "",
        "| killed | in step | exit codes | holds |",
        "|---|---|---|---|",
    ]
    for (target, step), cases in found.items():
        codes = ", ".join(str(case.code) for case in cases)
        broken = "; ".join(sorted({b for case in cases for b in case.broken}))
        held = sum(not case.broken for case in cases)
        lines.append(f"| {target} | {step} | {codes} | {held} of {len(cases)}{': ' + broken if broken else ''} |")
    (ROOT / "reports" / "faults.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
