"""What is unreadable is never quiet; what others spend on the reserved cores is seen, by really spending it."""

import os
import subprocess
import sys
import time
from typing import Any

import pytest

from tasks.environment import noise
from tasks.environment.counters import difference, read_counters
from tasks.environment.energy import LOCKED_RAPL, NO_RAPL, read_energy, spent
from tasks.environment.profilers import watching
from tasks.environment.reading import UNREADABLE

QUIET: dict[str, Any] = {
    "time_s": 10.0, "load_1m_before": 1.0, "load_1m_after": 1.0, "involuntary_switches": 5, "major_faults": 0,
    "own_cpu_s": 9.95, "pinned": True, "group_throttles": 0,
    "cpu": {
        "0": {
            "busy_s": 9.99, "steal_s": 0.0, "throttles": 0, "frequency_mhz_before": 2e3, "frequency_mhz_after": 2e3,
        },
    },
}  # fmt: skip


def states(*changes: dict[str, Any]) -> dict[str, str]:
    return {name: found["state"] for name, found in noise.judged(changes).items()}


def test_a_quiet_machine_is_quiet() -> None:
    assert set(states(QUIET, QUIET).values()) == {"clean"} and noise.quiet(noise.judged([QUIET]))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("load", {"load_1m_before": 1.6}),
        ("foreign processes", {"own_cpu_s": 9.8}),
        ("steal", {"cpu": {"0": {**QUIET["cpu"]["0"], "steal_s": 0.2}}}),
        ("context switches", {"involuntary_switches": 101}),
        ("thermal throttling", {"cpu": {"0": {**QUIET["cpu"]["0"], "throttles": 1}}}),
        ("quota throttling", {"group_throttles": 1}),
        ("frequency", {"cpu": {"0": {**QUIET["cpu"]["0"], "frequency_mhz_after": 1.9e3}}}),
        ("page faults", {"major_faults": 11}),
    ],
)
def test_each_counter_is_seen_in_the_one_process_that_has_it(name: str, change: dict[str, Any]) -> None:
    found = states(QUIET, {**QUIET, **change})
    assert {n for n, state in found.items() if state == "seen"} == {name}
    assert name in noise.words(noise.judged([{**QUIET, **change}])).split("clean")[0]


def test_what_cannot_be_read_in_one_process_is_neither_clean_nor_quiet() -> None:
    unread = {**QUIET, "pinned": False, "group_throttles": UNREADABLE, "cpu": {}}
    found = noise.judged([QUIET, unread])
    hidden = {"foreign processes", "steal", "thermal throttling", "quota throttling", "frequency"}
    assert {n for n, f in found.items() if f["state"] == UNREADABLE} == hidden and not noise.quiet(found)
    assert set(states({}).values()) == {UNREADABLE}


def test_a_process_on_our_core_is_seen_and_our_own_time_is_not_foreign() -> None:
    mine, core = os.sched_getaffinity(0), min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    spin = f"import os\nos.sched_setaffinity(0, {{{core}}})\nwhile True: pass"
    other = subprocess.Popen([sys.executable, "-c", spin])
    try:
        time.sleep(0.3)
        before = read_counters([core])
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            pass
        change = difference(before, read_counters([core]))
    finally:
        other.kill()
        other.wait()
        os.sched_setaffinity(0, mine)
    if UNREADABLE in (change["cpu"][str(core)]["busy_s"], change["own_cpu_s"]):
        pytest.skip("this system does not tell how long its cores were busy")
    assert change["own_cpu_s"] > 0.02 and states(change)["foreign processes"] == "seen"
    assert change["cpu"][str(core)]["busy_s"] - change["own_cpu_s"] > 0.2


RAPL = "sys/class/powercap/intel-rapl:0"


def test_energy_is_that_of_the_packages_and_else_a_reason(machine: Any) -> None:
    machine({})
    assert read_energy()["cpu"] == NO_RAPL
    machine({f"{RAPL}/name": "package-0", f"{RAPL}/energy_uj": "5000000", f"{RAPL}:0/name": "core"})
    before = read_energy()
    machine({f"{RAPL}/energy_uj": "8000000"})
    assert spent(before, read_energy())["cpu"] == 3.0
    assert spent(read_energy(), before)["cpu"] == "the counter of energy ran over"
    machine({f"{RAPL}/energy_uj": ""})
    assert spent(before, read_energy())["cpu"] == LOCKED_RAPL


def test_a_profiler_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    before = watching()
    monkeypatch.setenv("MKL_VERBOSE", "1")
    sys.setprofile(lambda *_: None)
    try:
        assert {"$MKL_VERBOSE", "sys.setprofile"} <= set(watching()) - set(before)
    finally:
        sys.setprofile(None)
