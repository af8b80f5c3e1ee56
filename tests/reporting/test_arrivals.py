"""Laws of `tasks/reporting/arrivals.py`: queue on service from the scheduled arrival, where there is one."""

from typing import Any

import numpy as np

from tasks.metrics import compute_all
from tasks.reporting.arrivals import SLICES, _slowest, queueing
from tasks.reporting.latency import distribution
from tasks.results.measurement import Result
from tasks.results.process import Process
from tests.metrics.builders import latencies, measurement, process, timed
from tests.reporting import builders


def scheduled(index: int = 0, n: int = 50, late_us: float = 12.0, **facts: Any) -> Process:
    table = latencies(np.full(n, 4.0)).assign(queue_ns=2_000_000, issue_error_ns=int(1e3 * late_us))
    return process("timed", index, {"latencies": table}, bound={"ms": 8.0, "percentile": 90.0}, **facts)


def result(*processes: Process) -> Result:
    seen = measurement(*processes)
    return builders.result(measurement=seen, metrics=compute_all(seen))


def test_each_process_has_a_row_and_lateness_is_said() -> None:
    drawing = queueing(result(scheduled(0), scheduled(1)))
    assert drawing and "process 1" in drawing.svg and "in the queue" in drawing.svg
    assert "Every query" in drawing.caption and "issued at most 12.00 µs late" in drawing.caption


def test_without_a_schedule_and_in_a_search_there_is_none() -> None:
    assert queueing(result(timed([1.0] * 9))) is None
    assert queueing(result(scheduled(search=True, points=[{"rate": 9.0}], headline=[0]))) is None


def test_many_queries_become_the_slowest_of_each_slice() -> None:
    response = np.random.default_rng(0).gamma(2, 1, 5000)
    kept = _slowest(response)
    assert len(kept) == SLICES and response[kept].max() == response.max() and (np.diff(kept) > 0).all()
    drawing = queueing(result(scheduled(n=SLICES + 1)))
    assert drawing and "slowest" in drawing.caption


def test_more_processes_than_fit_are_counted() -> None:
    drawing = queueing(result(*(scheduled(i) for i in range(7))))
    assert drawing and "2 more processes" in drawing.caption


def test_the_distribution_is_of_what_the_scenario_is_judged_by() -> None:
    queued, alone = distribution(result(scheduled())), distribution(result(timed([1.0] * 9)))
    assert queued and "response, ms" in queued.svg and "scheduled" in queued.caption
    assert alone and "predict latency, ms" in alone.svg
