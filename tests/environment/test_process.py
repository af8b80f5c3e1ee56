"""A process tells of itself, keeps secrets, and says what disturbed it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tasks.environment import counters, page_cache, process
from tasks.environment.reading import UNREADABLE

ROOT = Path(__file__).resolve().parents[2]
ALL = """
import json, sys
from tasks.environment import counters, hardware, host, page_cache, parent, process, settings
before = counters.read_counters([0])
found = [host.capture_host(), process.capture_process(), settings.apply({}), page_cache.resident_share(sys.executable)]
found += [counters.difference(before, counters.read_counters([0])), hardware.probe().cpus]
print(json.dumps(found))
print([name for name in sys.modules if name in ("numpy", "pydantic", "tasks.specs")])
"""


def python39() -> str | None:
    from tasks.stacks import python_finder

    return str(python_finder.find("3.9")) if "3.9" in python_finder.available() else None


def test_every_module_runs_on_the_oldest_python_and_imports_nothing_heavy() -> None:
    python = python39()
    if python is None:
        pytest.skip("there is no Python 3.9 here")
    done = subprocess.run([python, "-c", ALL], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == "" and done.stdout.endswith("[]\n")
    assert json.loads(done.stdout.splitlines()[0])[1]["python"].startswith("3.9.")


def test_this_process_is_described_in_json() -> None:
    found = json.loads(json.dumps(process.capture_process()))
    assert found["executable"] == sys.executable and found["affinity"] == sorted(os.sched_getaffinity(0))
    assert "pytest" in found["packages"] and found["memory_peak_bytes"] > 10**6
    assert process.capture_process(packages=False)["packages"] == "not asked"


def test_the_clock_is_finer_than_a_microsecond_and_costs_less() -> None:
    clock = process.capture_process(packages=False)["clock"]
    assert 0 < clock["resolution_ns"] <= 1000 and 0 < clock["cost_ns"] < 5000


def test_variables_that_matter_are_told_and_secrets_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"OMP_NUM_THREADS": "1", "KMP_AFFINITY": "compact", "TF_ENABLE_ONEDNN_OPTS": "0", "LD_PRELOAD": ""}
    kept = {"AWS_SECRET_ACCESS_KEY": "x", "TF_API_TOKEN": "x", "ORT_PASSWORD": "x", "HOME": "x", "TF_VAR_it": "x"}
    kept.update({"CUDA_AUTH": "x", "TORCH_API_KEY": "x", "ORT_KEY_FILE": "x"})
    for name, value in {**told, **kept, "TORCH_URL": "https://me:secret@host/x"}.items():
        monkeypatch.setenv(name, value)
    found = process.capture_process(packages=False)["variables"]
    assert {name: found.get(name) for name in told} == told
    assert set(found) & set(kept) == set() and found["TORCH_URL"] == "withheld"


def test_peak_memory_grows_with_what_was_held() -> None:
    before = process.memory_peak_bytes()
    held = bytearray(os.urandom(1)) * (before + 50 * 2**20)
    assert process.memory_peak_bytes() >= len(held)


def test_counters_only_grow_and_levels_are_shown_from_both_ends() -> None:
    cpus = sorted(os.sched_getaffinity(0))
    before = counters.read_counters(cpus)
    sum(range(2_000_000))
    change = counters.difference(before, counters.read_counters(cpus))
    assert change["time_s"] > 0 and change["context_switches"] >= 0 and "load_1m_before" in change
    assert set(change["cpu"]) == {str(cpu) for cpu in cpus}


def test_steal_and_busy_time_are_seconds_of_a_core(machine: Any) -> None:
    machine({"proc/stat": "cpu 9 9\ncpu3 100 0 200 9000 5 0 100 50 0 0\nctxt 7\n"})
    core = counters.read_counters([3])["cpu"]["3"]
    assert core["steal_s"] == 50 / counters.TICKS_PER_S and core["busy_s"] == 400 / counters.TICKS_PER_S


def test_what_is_unreadable_stays_so_and_is_never_quiet(machine: Any) -> None:
    machine({"proc/stat": "cpu0 1 1 1 1 1 1 1 1\n"})
    snapshot = counters.read_counters([0, 1])
    change = counters.difference(snapshot, snapshot)
    assert change["cpu"]["0"]["steal_s"] == 0 and change["cpu"]["1"]["steal_s"] == UNREADABLE
    assert change["group_throttles"] == UNREADABLE and change["cpu"]["0"]["throttles"] == UNREADABLE
    assert not any(counters.quiet(change, name, 10) for name in ("steal_s", "throttles", "group_throttles", "no_such"))
    alone = {"cpu": {"0": change["cpu"]["0"]}}
    assert counters.quiet(alone, "steal_s") and not counters.quiet({"cpu": {}}, "steal_s")


def test_a_counter_above_its_limit_is_not_quiet() -> None:
    assert counters.quiet({"major_faults": 3}, "major_faults", 3)
    assert not counters.quiet({"major_faults": 3}, "major_faults", 2)


def test_a_file_just_written_is_in_the_page_cache(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(os.urandom(3_000_001))
    share = page_cache.resident_share(tmp_path / "model")
    assert share is not None and share > 0.99


def test_a_file_that_was_dropped_is_not_in_the_page_cache(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with path.open("wb") as file:
        file.write(bytes(4_000_000))
        file.flush()
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    share = page_cache.resident_share(path)
    if share == 1.0:
        pytest.skip("this file system keeps its pages (it is memory)")
    assert share is not None and share < 0.5


def test_what_cannot_be_mapped_has_no_share(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert [page_cache.resident_share(path) for path in (tmp_path / "absent", tmp_path / "empty", tmp_path)] == [
        None
    ] * 3


def test_a_file_of_another_user_has_no_share() -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can become another user")
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tasks.environment.page_cache import resident_share; "
    )
    command = ["setpriv", "--reuid", "65534", "--clear-groups", "/usr/bin/env", "python3", "-c"]
    done = subprocess.run([*command, program + "print(resident_share('/etc/passwd'))"], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("another user has no Python here")
    assert done.stdout == "None\n"
