"""Energy is joules a sample, or the reason why there is none."""

from typing import Any

from tasks.metrics import compute_all
from tasks.results.measurement import Estimate, Measurement
from tests.results_builder import timed


def test_energy_is_joules_a_sample_or_says_why_not() -> None:
    def energy(cpu: Any) -> Estimate | None:
        found = [timed(i, counters={"energy_j": {"cpu": cpu, "gpu": "no NVIDIA driver"}}) for i in (0, 1)]
        return compute_all(Measurement(tuple(found))).get("energy_cpu_j")

    known, unknown = energy(100.0), energy("no RAPL in /sys/class/powercap")
    assert known and known.value == 2.0 and known.processes == 2
    assert unknown and unknown.value is None and unknown.note == "n/a: no RAPL in /sys/class/powercap"
    assert "energy_cpu_j" not in compute_all(Measurement((timed(0),)))
