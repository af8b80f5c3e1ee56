"""Who is hurt, how, in which steps it can happen, and how such a run may end.

A fault is a function of the run and its ground; what it hurt is mended before the next run begins.
"""

import os
import signal
import struct
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.faults.ground import Ground, until
from tests.faults.runs import STEPS, Run
from tests.faults.wire import Wire

ALL = tuple(STEPS)
_wires: dict[Ground, Wire] = {}
_ports: dict[Ground, int] = {}
PASSED, FAILED, REFUSED, INTERRUPTED, KILLED = 0, 1, 2, 130, 137


@dataclass(frozen=True)
class Fault:
    """``codes``: exit codes that are right. ``orphans``: the flow run is left to the next run to mark.

    ``needs``: what its clone has to have been prepared with, «clock» or «wire».
    """

    hurt: Callable[[Run], bool]
    steps: tuple[str, ...] = ALL
    codes: tuple[int, ...] = (PASSED, FAILED)
    orphans: bool = False
    mend: Callable[[Ground], object] = lambda ground: None
    needs: str = ""


def _kill(found: list[psutil.Process]) -> bool:
    for process in found:
        with suppress(psutil.Error):
            process.send_signal(signal.SIGKILL)
    return bool(found)


def agent(run: Run) -> bool:
    """The process that measures."""
    until(run.ground.agents, 3)
    return _kill(run.ground.agents())


def worker(run: Run) -> bool:
    """The Ray worker that holds it, fetches, or builds."""
    until(run.ground.workers, 3)
    return _kill(run.ground.workers())


def driver(run: Run) -> bool:
    """The process that leads the run."""
    return _kill(psutil.Process(run.process.pid).children())


def command_line(run: Run) -> bool:
    """The process that was typed; the driver is its child."""
    return _kill([psutil.Process(run.process.pid)])


def service(name: str) -> Callable[[Run], bool]:
    """One of the services, with whatever it started itself left to its fate."""

    def hurt(run: Run) -> bool:
        return _kill([psutil.Process(pid) for pid in [run.ground.services()[name]["pid"]] if psutil.pid_exists(pid)])

    return hurt


def ray(*names: str) -> Callable[[Run], bool]:
    """Processes of Ray on the node that measures; without names, all of them."""

    def hurt(run: Run) -> bool:
        root = psutil.Process(run.ground.services()["ray"]["pid"])
        everything = [root, *root.children(recursive=True)]
        return _kill([p for p in everything if not names or p.name() in names])

    return hurt


def interrupt(run: Run) -> bool:
    """Ctrl-C: the terminal tells the whole process group."""
    os.killpg(run.process.pid, signal.SIGINT)
    return True


def disk_full(run: Run) -> bool:
    """Not one byte more, until the run has ended."""
    run.ground.fill()
    return True


def tracking_server(run: Run) -> bool:
    """MLflow's server, which the run's tracking.uri names."""
    return _kill(_mlflow(run.ground))


def _mlflow(ground: Ground) -> list[psutil.Process]:
    return [p for p in ground.processes() if "mlflow" in " ".join(p.cmdline()) and "flows." not in p.cmdline()]


def cut(run: Run) -> bool:
    """Between the driver and all its servers, until the run has ended."""
    _wires[run.ground].cut()
    return True


def _join(ground: Ground) -> None:
    _wires[ground].join()


def wired(ground: Ground) -> None:
    """From now on its drivers reach Prefect, Ray, and MLflow over a cable."""
    _wires[ground] = Wire(ground)


def unwired(ground: Ground) -> None:
    """Take the cable away, if there was one."""
    if wire := _wires.pop(ground, None):
        wire.end()


def jump(seconds: int) -> Callable[[Run], bool]:
    """The wall clock of everything in the clone (`clock.c`)."""

    def hurt(run: Run) -> bool:
        _set_clock(run.ground, seconds)
        return True

    return hurt


def _clock_right(ground: Ground) -> None:
    _set_clock(ground, 0)


def _set_clock(ground: Ground, seconds: int) -> None:
    with Path(ground.env["CLOCK_OFFSET"]).open("r+b") as file:
        file.write(struct.pack("q", seconds))


MEASURED = ("inputs", "accuracy", "timed")
WORKED = ("fetch", "provision", *MEASURED)
FAULTS = {
    "agent": Fault(agent, MEASURED, (PASSED,)),
    "worker": Fault(worker, WORKED, (PASSED,)),
    "node": Fault(ray()),
    "raylet": Fault(ray("raylet")),
    "driver": Fault(driver, codes=(KILLED,), orphans=True),
    "command line": Fault(command_line, codes=(-signal.SIGKILL,)),
    "Prefect server": Fault(service("prefect")),
    "MLflow server": Fault(tracking_server, mend=lambda ground: bool(tracking(ground))),
    "Ctrl-C": Fault(interrupt, codes=(INTERRUPTED,)),
    "network cut": Fault(cut, mend=_join, needs="wire"),
    "disk full": Fault(disk_full, codes=(PASSED, FAILED, REFUSED), mend=Ground.empty),
    "clock + 1 h": Fault(jump(3600), codes=(PASSED,), mend=_clock_right, needs="clock"),
    "clock - 1 h": Fault(jump(-3600), codes=(PASSED,), mend=_clock_right, needs="clock"),
}


def clocked(ground: Ground) -> None:
    """From now on the wall clock can be moved while processes run."""
    library, offset = ground.place / "clock.so", ground.place / "clock"
    offset.write_bytes(struct.pack("q", 0))
    source = Path(__file__).with_name("clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"], check=True)
    ground.env |= {"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(offset)}


def tracking(ground: Ground) -> str:
    """MLflow's server over the store of the ground, always at one address, started where it is not up."""
    from tasks.services.children import answers, free_port

    port = _ports.setdefault(ground, free_port(0))
    address = f"http://127.0.0.1:{port}"
    if not _mlflow(ground):
        ground.experiment()
        words = ("mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1")
        env = {**ground.env, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        log = (ground.temp / "mlflow.log").open("a")
        ground.begin(*words, "--backend-store-uri", ground.store, env=env, stdout=log, stderr=log)
    assert until(lambda: answers(f"{address}/health"), 120), "MLflow's server did not start"
    return address
