"""An agent that the kernel ends for memory, for real: in a memory cgroup that is made smaller than the agent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.errors import MachineFault, TouchstoneError
from tests.conftest import Bench
from tests.placement.test_agents import agent_pids, start, until

ROOTS = {Path("/sys/fs/cgroup/memory"): "memory.limit_in_bytes", Path("/sys/fs/cgroup"): "memory.max"}  # v1, v2
TINY_BYTES = 2**20


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A memory cgroup with room for nothing."""
    for root, limit in ROOTS.items():
        group = root / f"touchstone-{tmp_path.name}"
        try:
            group.mkdir()
            (group / limit).write_text(str(TINY_BYTES))
        except OSError:
            if group.exists():
                group.rmdir()
            continue
        yield group
        until(lambda: not (group / "cgroup.procs").read_text().strip(), "the cgroup is empty")  # noqa: B023
        group.rmdir()
        return
    pytest.skip("no memory cgroup can be made here (needs root, or a delegated cgroup)")


def test_an_agent_ended_for_memory_is_a_sentence_and_no_fault_of_the_machine(
    onnxruntime: Any, bench: Bench, small: Path
) -> None:
    before = set(agent_pids())
    thread, outcome = start(onnxruntime.python, bench.request("timed", scenario__min_duration_s=30.0))
    until(lambda: set(agent_pids()) - before, "the agent has started")
    for pid in set(agent_pids()) - before:
        (small / "cgroup.procs").write_text(pid)
    thread.join(timeout=30)
    assert isinstance(outcome[0], TouchstoneError) and not isinstance(outcome[0], MachineFault)
    assert "ended by the kernel: out of memory" in str(outcome[0]) and "batch_size" in str(outcome[0])
