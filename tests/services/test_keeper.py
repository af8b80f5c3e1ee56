"""The services' life, with real processes really killed, in a folder of their own beside the clone's."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tasks import ROOT
from tasks.environment.timers import USUAL_NS
from tests.flows.conftest import InRepository, repository_bench  # noqa: F401  (a fixture)

START = "import sys; from tasks.services import local, known, settings; settings.apply(); "
IDLE_S = 4


class Services:
    """One set of services; each call is a process of its own, as with users."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "services"
        names = ("PREFECT_API_URL", "PREFECT_HOME", "TOUCHSTONE_PREFECT")
        self.env = {**{k: v for k, v in os.environ.items() if k not in names}, "TOUCHSTONE_STATE": str(folder)}

    def start(self) -> None:
        """Prefect and Ray, ready."""
        self.python(START + f"local.started(('prefect', 'ray'), {IDLE_S}, print)")

    def python(self, code: str) -> None:
        self.run("-c", code)

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=200
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "services.json").read_text())
        return found

    def ready(self, *names: str) -> bool:
        with suppress(psutil.NoSuchProcess):
            found = self.state()
            return all(found[n]["ready"] and psutil.Process(found[n]["pid"]).is_running() for n in names)
        return False

    def keeper(self, which: str) -> int:
        return int(json.loads((self.folder / "keeper.json").read_text())[which])

    def processes(self) -> list[str]:
        """Command lines of everything that carries these services' mark, and of their keeper."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if str(self.folder.parent) in process.environ().get("TOUCHSTONE_STATE", ""):
                    found.append(" ".join(process.cmdline()))
        return found


def until(true: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.2)
    return found


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = Services(tmp_path)
    yield made
    made.run("-m", "flows.services", "down", "now")
    until(lambda: not made.processes(), "everything has ended")


def test_they_end_when_nobody_has_needed_them_for_the_idle_time_and_not_before(services: Services) -> None:
    services.start()
    addresses = {n: s["address"] for n, s in services.state().items()}
    holder = subprocess.Popen(
        [sys.executable, "-c", START + "c = known.in_use(); c.__enter__(); print('in', flush=True); sys.stdin.read()"],
        cwd=ROOT,
        env=services.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout and holder.stdout.readline() == "in\n"
    time.sleep(IDLE_S + 3)
    assert services.ready("prefect", "ray"), "they ended under their user"
    holder.kill()  # however it ends, it uses them no more
    until(lambda: not services.processes(), "everything has ended", IDLE_S + 30)
    services.start()
    assert {n: s["address"] for n, s in services.state().items()} == addresses, "an address has changed"


CALLED = """
from tasks.placement.calls import Share
from tasks.placement.cluster import connected, place
def slack(say):
    from pathlib import Path
    return int(Path("/proc/self/timerslack_ns").read_text())
with connected(known.read()["ray"].address):
    print(place(Share(1), slack, say=print))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has timer slack")
def test_what_is_measured_is_on_time_though_ray_beside_it_may_wait_late(services: Services) -> None:
    services.start()
    assert int(services.run("-c", START + CALLED).split()[-1]) == USUAL_NS


def test_what_is_killed_comes_back_at_its_address(services: Services) -> None:
    services.run("-m", "flows.services", "up")
    before = services.state()
    assert set(before) == {"prefect", "ray", "worker"}
    for service in before.values():
        os.kill(service["pid"], signal.SIGKILL)
    until(lambda: all(services.state()[n]["pid"] != before[n]["pid"] for n in before), "all were started again", 120)
    until(lambda: services.ready(*before), "all are ready again", 120)
    assert {n: s["address"] for n, s in services.state().items()} == {n: s["address"] for n, s in before.items()}
    raylets = [c for c in services.processes() if "raylet/raylet" in c]
    assert len(raylets) == 1, "the killed Ray left something behind"


def test_ray_without_its_raylet_is_started_again(services: Services) -> None:
    services.run("-m", "flows.services", "up")  # else nobody would need them
    before = services.state()["ray"]
    head = psutil.Process(before["pid"])
    next(p for p in head.children(recursive=True) if p.name() == "raylet").kill()
    until(lambda: services.state()["ray"]["pid"] != before["pid"] and services.ready("ray"), "Ray is there again", 120)
    assert services.state()["ray"]["address"] == before["address"]


@pytest.mark.parametrize("killed", [("keeper",), ("guard",), ("keeper", "guard")], ids="+".join)
def test_the_death_of_a_keeper_ends_no_service(services: Services, killed: tuple[str, ...]) -> None:
    services.start()
    before, pids = services.state(), [services.keeper(which) for which in ("keeper", "guard")]
    for which in killed:
        os.kill(services.keeper(which), signal.SIGKILL)
    if len(killed) == 1:
        until(lambda: services.keeper("keeper") not in pids, "there is a new keeper")
    services.start()
    assert {n: s["pid"] for n, s in services.state().items()} == {n: s["pid"] for n, s in before.items()}
    assert sum("services.keeper" in c for c in services.processes()) == 2


def test_a_schedule_fires_though_idle_time_is_short_and_everything_was_killed(
    services: Services,
    repository_bench: InRepository,  # noqa: F811
) -> None:
    services.start()
    place = [f"scenario.id={repository_bench.mark}", f"tracking.uri={repository_bench.uri}"]
    words = ["name=minutely", "cron=* * * * *", "+model=patchnet", "scenario=quick", f"services.idle_s={IDLE_S}"]
    said = services.run("-m", "flows.deploy", *words, *place)
    assert "Run by touchstone" in said and "minutely" in said
    for service in services.state().values():
        os.kill(service["pid"], signal.SIGKILL)
    until(repository_bench.runs, "a scheduled run is in MLflow", 240)
    assert services.ready("prefect"), "the schedule did not keep the services up"
    assert "Completed" in until(lambda: _finished(services), "Prefect calls it completed", 30)
    services.run("-m", "flows.deploy", "remove", "name=minutely")


def _finished(services: Services) -> str:
    said = services.run("-m", "flows.deploy", "status")
    return said if "Completed" in said else ""
