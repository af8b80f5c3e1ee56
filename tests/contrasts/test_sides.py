"""Values of processes as times, accuracy on the same samples, and raw values that come back from a report's folder."""

from pathlib import Path

import pandas as pd
import pytest

from tasks.contrasts import sides
from tasks.errors import Refused, TouchstoneError
from tasks.results.files import read_processes, write_files
from tests.results_builder import accuracy, result, timed


def test_a_rate_becomes_a_time_and_a_time_stays() -> None:
    slow, fast = timed(0, predict_ns=2_000_000), timed(1, predict_ns=1_000_000)
    for name in ("predict_p50_ms", "throughput_per_s", "end_to_end_trimmed_mean_ms"):
        metric = sides.metric_of(name)
        assert sides.time(metric, sides.value(metric, slow)) > sides.time(metric, sides.value(metric, fast))
    assert sides.value(sides.metric_of("predict_p50_ms"), slow) == 2.0
    assert sides.value(sides.metric_of("predict_p50_ms"), timed(0, queries=3)) == 1.0, "no interval is needed"


def test_a_metric_that_no_process_has_alone_is_refused_and_one_that_is_not_stated_says_why() -> None:
    with pytest.raises(Refused, match="no metric of processes «accuracy_top1»"):
        sides.metric_of("accuracy_top1")
    with pytest.raises(TouchstoneError, match=r"predict_p99_ms of one process is not stated: needs at least"):
        sides.value(sides.metric_of("predict_p99_ms"), timed(0))


def test_accuracy_is_paired_by_sample_and_only_over_the_same_samples() -> None:
    found, why = sides.accuracies(accuracy(wrong=3), accuracy(wrong=1), same_data=True)
    assert found and (found.gained, found.lost, found.n, found.groups) == (2, 0, 30, 15) and why == ""
    for other, same in ((accuracy(samples=29), True), (accuracy(), False), (None, True)):
        assert sides.accuracies(accuracy(), other, same)[0] is None
        assert sides.accuracies(accuracy(), other, same)[1]


def test_raw_values_come_back_from_the_files_of_a_result(tmp_path: Path) -> None:
    made = result(tmp_path, accuracy(), timed(0), timed(1, predict_ns=5_000))
    write_files(made, tmp_path)
    back = read_processes(tmp_path)
    assert [(p.role, p.index) for p in back] == [("accuracy", 0), ("timed", 0), ("timed", 1)]
    for ours, theirs in zip(made.measurement.processes, back, strict=True):
        assert theirs.facts == ours.facts
        pd.testing.assert_frame_equal(theirs.latencies, ours.latencies, check_dtype=False)
        pd.testing.assert_frame_equal(theirs.predictions, ours.predictions, check_dtype=False)
