"""Laws of `tasks/metrics/`: which metrics exist, their names, and what each file computes."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tasks.metrics import Metric, all_metrics, compute_all, gather, mlflow_name
from tasks.metrics.startup import page_cache
from tasks.statistics import proportion_interval
from tests.metrics.builders import judged, measurement, process, timed

NAMES = {
    "accuracy_top1": "accuracy/top1",
    "accuracy_top5": "accuracy/top5",
    "accuracy_f1_macro": "accuracy/f1_macro",
    "predict_trimmed_mean_ms": "predict/trimmed_mean_ms",
    "predict_p50_ms": "predict/p50_ms",
    "predict_p90_ms": "predict/p90_ms",
    "predict_p99_ms": "predict/p99_ms",
    "end_to_end_trimmed_mean_ms": "end_to_end/trimmed_mean_ms",
    "end_to_end_p50_ms": "end_to_end/p50_ms",
    "end_to_end_p90_ms": "end_to_end/p90_ms",
    "end_to_end_p99_ms": "end_to_end/p99_ms",
    "early_stopping_p90_ms": "early_stopping/p90_ms",
    "early_stopping_p99_ms": "early_stopping/p99_ms",
    "throughput_per_s": "throughput/per_s",
    "memory_peak_bytes": "memory/peak_bytes",
    "load_s": "load/s",
    "first_prediction_s": "first_prediction/s",
    "harness_per_query_us": "harness/per_query_us",
    "energy_cpu_j": "energy/cpu_j",
    "energy_gpu_j": "energy/gpu_j",
}
SPREAD = (10.0 + np.random.default_rng(0).permutation(400) / 400).tolist()


def test_every_metric_is_found_by_its_file_and_grouped_in_mlflow() -> None:
    found = {name: mlflow_name(name) for name in all_metrics()}
    assert NAMES.items() <= found.items() and all(recorded.count("/") == 1 for recorded in found.values())


def test_every_metric_says_its_formula_and_keeps_its_unit() -> None:
    computed = compute_all(measurement(judged([True, False], top5=[True, True]), timed(SPREAD)))
    assert set(computed) == set(NAMES) - {"energy_cpu_j", "energy_gpu_j"}  # need counters: test_energy.py
    assert all(metric.formula for metric in all_metrics().values())
    assert {name: all_metrics()[name].unit for name in computed} == {n: e.unit for n, e in computed.items()}


def test_a_name_of_two_files_is_refused() -> None:
    metric = all_metrics()["load_s"]
    with pytest.raises(ValueError, match=r"«load_s» is defined in startup\.py and in other\.py"):
        gather({"startup": (metric,), "other": (metric,)})


def test_a_name_begins_with_its_group() -> None:
    with pytest.raises(ValueError, match="does not begin with its group"):
        dataclasses.replace(all_metrics()["load_s"], group="accuracy")
    assert isinstance(all_metrics()["load_s"], Metric)


def test_what_was_not_recorded_is_absent() -> None:
    assert compute_all(measurement()) == {}
    assert set(compute_all(measurement(judged([True])))) == {"accuracy_top1", "accuracy_f1_macro"}
    bare = timed(SPREAD, facts={"load_s": None, "first_prediction_s": None, "memory_peak_bytes": None})
    absent = {"accuracy_top1", "load_s", "first_prediction_s", "memory_peak_bytes"}
    assert not absent & set(compute_all(measurement(bare)))


def test_point_estimates_pool_the_queries_of_all_processes() -> None:
    found = compute_all(measurement(timed([1.0] * 10), timed([3.0] * 30, 1)))
    assert found["predict_p50_ms"].value == 3.0
    assert found["predict_p50_ms"].n == 40
    assert found["predict_p50_ms"].processes == 2
    assert found["predict_trimmed_mean_ms"].value == pytest.approx((2 * 1 + 22 * 3) / 24)


def test_every_interval_contains_its_value() -> None:
    rng = np.random.default_rng(0)
    processes = [timed(rng.gamma(9, 1 + k / 9, 200), k, {"load_s": 0.4 + k}) for k in range(3)]
    for k in (1, 2, 3):
        found = compute_all(measurement(judged(rng.random(50) < 0.8), *processes[:k]))
        bounded = [e for e in found.values() if e.low is not None and e.high is not None]
        assert len(bounded) >= 8
        assert all(e.value is not None and 0 <= e.low <= e.value <= e.high for e in bounded)  # type: ignore[operator]


def test_boundaries_are_never_mixed() -> None:
    found = compute_all(measurement(timed([10.0] * 40, other_ms=0.5)))
    assert found["predict_p50_ms"].value == 10.0
    assert found["end_to_end_p50_ms"].value == 11.0


def test_warm_up_does_not_count() -> None:
    found = compute_all(measurement(timed([500.0] * 5 + [10.0] * 40, warmup=5)))
    assert found["predict_p90_ms"].value == 10.0
    assert found["predict_p90_ms"].n == 40
    assert found["throughput_per_s"].value == pytest.approx(1000 / 11)


def test_a_percentile_below_its_floor_is_explained_and_not_stated() -> None:
    found = compute_all(measurement(timed(SPREAD[:120])))
    assert found["predict_p99_ms"].value is None
    assert found["predict_p99_ms"].note == (
        "needs at least 368 queries for a 95 % interval, there are 120; "
        "raise scenario.min_queries or scenario.min_duration_s"
    )
    assert found["predict_p90_ms"].value is not None


def test_one_process_is_labelled() -> None:
    names = ("predict_p50_ms", "predict_trimmed_mean_ms", "throughput_per_s", "load_s", "memory_peak_bytes")
    one = compute_all(measurement(timed(SPREAD)))
    two = compute_all(measurement(timed(SPREAD), timed(SPREAD, 1)))
    assert all("within one process" in one[n].note for n in names)
    assert not any("within one process" in two[n].note for n in names)
    assert one["throughput_per_s"].low is not None


def test_throughput_counts_samples_and_gaps() -> None:
    found = compute_all(measurement(timed([9.0] * 10, samples=8, gap_ms=10.0)))["throughput_per_s"]
    assert found.value == pytest.approx(80 / (10 * 0.010 + 9 * 0.010))
    assert found.n == 80


def test_throughput_of_a_single_query_has_no_interval() -> None:
    found = compute_all(measurement(timed([9.0], samples=8)))["throughput_per_s"]
    assert found.value == pytest.approx(800)
    assert found.low is None


def test_peak_memory_is_the_largest() -> None:
    sizes = [process(index=i, memory_peak_bytes=b * 2**20) for i, b in enumerate((300, 420, 310))]
    found = compute_all(measurement(*sizes))["memory_peak_bytes"]
    assert found.value == 420 * 2**20
    assert found.note == "largest of 3 processes, the smallest held 300.0 MiB"


def test_load_is_the_mean_over_processes_with_their_page_cache() -> None:
    found = compute_all(measurement(timed(SPREAD, 0, {"load_s": 1.0}), timed(SPREAD, 1, {"load_s": 3.0})))["load_s"]
    assert found.value == 2.0
    assert (found.low, found.n) == (0.0, 2)
    assert found.note == "page cache warm (100 % of the file)"


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ([1.0, 1.0], "page cache warm (100 % of the file)"),
        ([0.0], "page cache cold (0 % of the file)"),
        ([0.25, 1.0], "page cache partly warm (25 to 100 % of the file)"),
        ([1.0, None], "page cache unreadable"),
        ([], "page cache unreadable"),
    ],
)
def test_page_cache_in_words(shares: list[float | None], words: str) -> None:
    assert page_cache(shares) == words


def test_accuracy_of_independent_samples_is_exact() -> None:
    found = compute_all(measurement(judged([True] * 90 + [False] * 10)))["accuracy_top1"]
    exact = proportion_interval(90, 100)
    assert (found.value, found.low, found.high, found.n) == (0.9, exact.low, exact.high, 100)


def test_accuracy_uses_the_groups_when_samples_share_them() -> None:
    right = [True] * 80 + [False] * 20
    grouped = compute_all(measurement(judged(right, groups=[f"tile {i // 10}" for i in range(100)])))["accuracy_top1"]
    single = compute_all(measurement(judged(right, groups=[f"tile {i}" for i in range(100)])))["accuracy_top1"]
    assert grouped.note == "interval clustered by source: 10 groups"
    assert grouped.high - grouped.low > single.high - single.low  # type: ignore[operator]


def test_a_rare_class_counts_as_much_as_a_frequent_one_in_f1() -> None:
    table = {"label": [0] * 9 + [1], "predicted": [0] * 10, "score": 0.5}
    rows = pd.DataFrame({"sample": range(10), "file": "x", "group": "", "finite": True, **table})
    found = compute_all(measurement(process("accuracy", 0, {"predictions": rows})))
    assert found["accuracy_top1"].value == pytest.approx(0.9)
    assert found["accuracy_f1_macro"].value == pytest.approx((18 / 19 + 0) / 2)
    assert found["accuracy_f1_macro"].note == "2 classes; 10 independent samples"


def test_top5_comes_from_its_column() -> None:
    found = compute_all(measurement(judged([True, False, False, False], top5=[True, True, True, False])))
    assert (found["accuracy_top1"].value, found["accuracy_top5"].value) == (0.25, 0.75)
