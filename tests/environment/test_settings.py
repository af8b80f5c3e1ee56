"""Settings are tried, read back, and told; nothing counts as applied that does not read so."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from tasks.environment import reading, settings
from tasks.errors import Refused

CPU = "sys/devices/system/cpu"
FILES = {
    f"{CPU}/cpu0/cpufreq/scaling_governor": "powersave",
    f"{CPU}/cpu1/cpufreq/scaling_governor": "ondemand",
    f"{CPU}/cpufreq/boost": "1",
}
ASKED = {"governor": "performance", "turbo": "off"}


def contents(root: Path) -> dict[str, str]:
    return {path: (root / path).read_text() for path in FILES}


def test_what_can_be_set_is_applied_and_restored_core_by_core(machine: Any) -> None:
    root = machine(FILES)
    report = settings.apply(ASKED)
    assert {name: report[name]["state"] for name in ASKED} == {"governor": "applied", "turbo": "applied"}
    assert contents(root) == dict(zip(FILES, ["performance", "performance", "0"], strict=True))
    assert report["turbo"]["found"] == "on" and report["governor"]["found"] == {"cpu0": "powersave", "cpu1": "ondemand"}
    assert settings.restore(report) == {"governor": "restored", "turbo": "restored"}
    assert contents(root) == FILES


def test_what_may_not_be_written_is_denied_and_nothing_changes(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    root = machine(FILES)

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "write_text", forbidden)
    report = settings.apply(ASKED)
    assert [report[name]["state"] for name in ASKED] == ["denied", "denied"] and settings.restore(report) == {}
    assert contents(root) == FILES


def test_a_machine_without_such_files_is_unreadable_and_gets_none(machine: Any) -> None:
    root = machine({})
    report = settings.apply({**ASKED, "smt": "off"})
    assert [report[name]["state"] for name in ("governor", "turbo", "smt")] == ["unreadable"] * 3
    assert list(root.iterdir()) == []


def test_a_write_that_does_not_read_back_is_denied(machine: Any) -> None:
    machine({f"{CPU}/smt/active": "1", f"{CPU}/smt/control": "on"})
    assert settings.apply({"smt": "off"})["smt"]["state"] == "denied"


def test_what_is_so_already_is_applied_and_not_touched_afterwards(machine: Any) -> None:
    machine({f"{CPU}/smt/active": "0", f"{CPU}/smt/control": "notsupported"})
    report = settings.apply({"smt": "off"})
    assert report["smt"]["state"] == "applied" and settings.restore(report) == {}


def test_what_is_not_asked_is_only_read() -> None:
    before = sorted(os.sched_getaffinity(0))
    report = settings.apply({"affinity": None})
    assert {entry["state"] for entry in report.values()} == {"not asked"}
    assert report["affinity"]["found"] == sorted(os.sched_getaffinity(0)) == before


def test_affinity_holds_for_every_thread_and_is_restored() -> None:
    before = sorted(os.sched_getaffinity(0))
    stay, ready = threading.Event(), threading.Event()

    def wait() -> None:
        ready.set()
        stay.wait()

    other = threading.Thread(target=wait)
    other.start()
    ready.wait()
    try:
        report = settings.apply({"affinity": before[-1:]})
        assert report["affinity"] == {"asked": before[-1:], "found": before, "state": "applied"}
        assert os.sched_getaffinity(other.native_id or 0) == {before[-1]}
    finally:
        assert settings.restore(report) == {"affinity": "restored"}
        stay.set()
        other.join()
    assert sorted(os.sched_getaffinity(0)) == before


def test_a_core_that_is_not_there_is_denied_and_changes_nothing() -> None:
    before = os.sched_getaffinity(0)
    assert settings.apply({"affinity": [0, 4000]})["affinity"]["state"] == "denied"
    assert settings.apply({"affinity": []})["affinity"]["state"] == "denied"
    assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize("wrong", [{"turbo": "maybe"}, {"tubro": "off"}])
def test_what_is_no_setting_is_refused_with_those_there_are(wrong: dict[str, str]) -> None:
    with pytest.raises(Refused, match="governor, turbo"):
        settings.apply(wrong)


def test_the_root_that_is_read_is_this_machine() -> None:
    assert Path("/") == reading.ROOT
