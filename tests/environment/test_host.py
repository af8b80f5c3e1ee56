"""A host is described by what can be read; what cannot is said to be so, and nothing raises."""

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.environment import gpus, hardware, host, limits, processor
from tasks.environment.reading import UNREADABLE

CPUINFO = "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\ncpu MHz\t\t: 2500.5\nflags\t\t: sse avx2\n"


def test_this_host_is_described_in_json() -> None:
    found = json.loads(json.dumps(host.capture_host()))
    assert found["cpu"]["logical_cores"] >= 1 and found["memory"]["total_bytes"] > 10**8 and found["hostname"]


def test_a_machine_that_shows_nothing_is_unreadable_and_does_not_raise(machine: Any) -> None:
    machine({})
    found = host.capture_host()
    values = [found["memory"]["total_bytes"], found["clock_source"], found["limits"]["cpu_quota"], found["uptime_s"]]
    values += [
        found["cpu"][name] for name in ("flags", "caches", "governors", "turbo", "smt", "physical_cores", "numa_nodes")
    ]
    assert values == [UNREADABLE] * len(values)


def test_processor_of_a_server(machine: Any) -> None:
    cpu = "sys/devices/system/cpu"
    cores = {f"{cpu}/cpu{n}/topology/{name}": str(n % 2) for n in range(4) for name in ("core_id",)}
    cores.update({f"{cpu}/cpu{n}/topology/physical_package_id": "0" for n in range(4)})
    cores.update({f"{cpu}/cpu{n}/cpufreq/scaling_governor": "powersave\n" for n in range(4)})
    cache = {"level": "2", "type": "Unified", "size": "2048K", "shared_cpu_list": "0,2"}
    shown = {f"{cpu}/cpu0/cache/index2/{name}": value for name, value in cache.items()}
    shown[f"{cpu}/cpu1/cache/index2/shared_cpu_list"] = "1,3"
    clock = {
        f"{cpu}/cpu0/cpufreq/cpuinfo_max_freq": "3500000",
        f"{cpu}/intel_pstate/no_turbo": "0",
        f"{cpu}/smt/active": "1",
    }
    machine({"proc/cpuinfo": CPUINFO, **cores, **shown, **clock})
    found = processor.capture_processor()
    assert (found["model"], found["physical_cores"], found["flags"]) == ("Xeon", 2, ["avx2", "sse"])
    assert (found["turbo"], found["smt"], found["governors"]) == ("on", "on", ["powersave"])
    assert found["frequency_mhz"] == {"min": UNREADABLE, "max": 3500.0, "current": 2500.5}
    assert found["caches"] == [
        {"level": "2", "type": "Unified", "shared_cpu_list": "0,2", "size_bytes": 2 * 1024**2, "instances": 2}
    ]


def test_a_guest_does_not_know_whether_its_cores_are_shared(machine: Any) -> None:
    guest = CPUINFO.replace("sse", "sse hypervisor")
    machine({"proc/cpuinfo": guest, "sys/devices/system/cpu/smt/active": "0"})
    assert processor.smt() == UNREADABLE


@pytest.mark.parametrize(
    ("files", "quota", "memory"),
    [
        ({"proc/self/cgroup": "0::/"}, None, None),
        ({"proc/self/cgroup": "0::/a/b"}, UNREADABLE, UNREADABLE),
        (
            {"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "150000 100000", "sys/fs/cgroup/memory.max": "max"},
            1.5,
            None,
        ),
        (
            {
                "proc/self/cgroup": "0::/a/b",
                "sys/fs/cgroup/a/cpu.max": "100000 100000",
                "sys/fs/cgroup/a/b/cpu.max": "400000 100000",
                "sys/fs/cgroup/a/b/memory.max": "1000",
            },
            1.0,
            1000,
        ),
        (
            {
                "proc/self/cgroup": "4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n0::/",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
            },
            0.5,
            None,
        ),
    ],
)
def test_limits_of_both_versions(machine: Any, files: dict[str, str], quota: Any, memory: Any) -> None:
    machine(files)
    assert (limits.cpu_quota(), limits.memory_limit_bytes()) == (quota, memory)


def test_offer_is_what_affinity_and_limits_leave(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    group = {"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "150000 100000", "sys/fs/cgroup/memory.max": "5000"}
    machine({"proc/meminfo": "MemTotal:       1000 kB\n", "proc/cpuinfo": CPUINFO, **group})
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0, 1, 2})
    monkeypatch.setattr(hardware, "capture_gpus", lambda: UNREADABLE)
    assert hardware.probe() == hardware.Offer(1, 5000, (), "Xeon")


H200 = "0, GPU-aa, NVIDIA H200, 143771 MiB, 550.1"


def test_gpus_by_name_with_what_the_driver_does_not_tell(nvidia_smi: Any) -> None:
    nvidia_smi(f"echo '{H200}, 9.0, 700.00 W, 1980 MHz, 345 MHz, [N/A], Enabled'")
    (gpu,) = gpus.capture_gpus()
    assert (gpu["name"], gpu["memory_bytes"], gpu["compute_cap"]) == ("NVIDIA H200", 143771 * 1024**2, "9.0")
    assert gpu["ecc_mode_current"] == UNREADABLE
    assert hardware.probe().accelerators == ("NVIDIA H200",)


def test_an_older_driver_is_asked_for_less(nvidia_smi: Any) -> None:
    nvidia_smi(f"case $1 in *compute_cap*) echo 'not a valid field'; exit 2;; esac; echo '{H200}'")
    (gpu,) = gpus.capture_gpus()
    assert (gpu["name"], gpu["compute_cap"]) == ("NVIDIA H200", UNREADABLE)


def test_a_driver_that_fails_or_hangs_is_unreadable_and_offers_nothing(
    nvidia_smi: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    nvidia_smi("exec sleep 30")
    monkeypatch.setattr(gpus, "LIMIT_S", 0.1)
    assert gpus.capture_gpus() == UNREADABLE and hardware.probe().accelerators == ()


@pytest.mark.parametrize(
    ("chosen", "seen"), [(None, "ab"), ("", ""), ("-1", ""), ("1", "b"), ("1,0", "ba"), ("GPU-a", "a"), ("0,7,1", "a")]
)
def test_devices_that_are_hidden_are_not_offered(chosen: str | None, seen: str) -> None:
    two = [{"index": "0", "uuid": "GPU-aa", "name": "a"}, {"index": "1", "uuid": "GPU-bb", "name": "b"}]
    environment = {} if chosen is None else {"CUDA_VISIBLE_DEVICES": chosen}
    assert "".join(gpu["name"] for gpu in gpus.visible(two, environment)) == seen


def test_probe_answers_within_milliseconds_where_there_is_no_driver(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import time

    monkeypatch.setenv("PATH", str(tmp_path))
    started = time.perf_counter()
    assert hardware.probe().cpus >= 1
    assert time.perf_counter() - started < 0.2
