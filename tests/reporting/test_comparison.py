"""Laws of `tasks/reporting/comparison.py`: dots within intervals within panels, rows aligned, 200 in no time."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.reporting.comparison import compared, panel_metrics
from tasks.reporting.page import render
from tasks.results.measurement import Estimate, Result, Sweep
from tests.reporting import builders

NAMES = ("accuracy_top1", "predict_p50_ms", "throughput_per_s")


def cell(name: str, latency: Estimate | None) -> Result:
    metrics = {"accuracy_top1": Estimate(0.9, "fraction", 0.85, 1.0)} | ({"predict_p50_ms": latency} if latency else {})
    return builders.result(Path(f"reports/{name}"), run=name, metrics=metrics)


def sweep(*latencies: Estimate | None) -> Sweep:
    return Sweep("s1", Path("reports/s1"), tuple(cell(f"r{i}", latency) for i, latency in enumerate(latencies)))


def test_every_dot_lies_in_its_interval_and_every_interval_in_its_panel() -> None:
    panels = compared(builders.sweep(Path("reports"), 3), NAMES)
    assert [panel.title for panel in panels] == [
        "accuracy, top 1, %", "predict latency, median, ms", "throughput, samples/s",
    ]  # fmt: skip
    for mark in (mark for panel in panels for mark in panel.marks):
        assert mark and 0 < mark.left <= mark.dot <= mark.left + mark.width + 0.02 < 100


def test_a_row_without_a_number_keeps_its_place() -> None:
    _, latency = compared(sweep(Estimate(5.0, "ms", 4.0, 6.0), None, Estimate(None, "ms"), Estimate(8.0, "ms")), NAMES)
    assert [mark is None for mark in latency.marks] == [False, True, True, False]
    assert latency.marks[3] and latency.marks[3].width == 0 and latency.marks[3].text == "8.000 ms"


@pytest.mark.parametrize(("largest", "logarithmic"), [(10.0, False), (4000.0, True)])
def test_values_far_apart_stand_on_a_logarithmic_axis(largest: float, logarithmic: bool) -> None:
    latency = compared(sweep(Estimate(1.0, "ms"), Estimate(largest, "ms")), NAMES)[1]
    assert ("logarithmic" in latency.title) is logarithmic
    places = [at for at, _ in latency.ticks]
    assert len(places) >= 2 and places == sorted(places) and places[0] >= 0 and places[-1] <= 100


def test_equal_values_can_be_drawn_and_no_accuracy_is_above_100() -> None:
    accuracy, latency = compared(sweep(Estimate(3.0, "ms"), Estimate(3.0, "ms")), NAMES)
    assert all(mark and mark.dot == 50 for mark in latency.marks)
    assert max(float(label) for _, label in accuracy.ticks) <= 100


def test_cells_are_compared_by_what_judges_them_all() -> None:
    same = builders.sweep(Path("reports"))
    assert panel_metrics(same)[1] == "end_to_end_p90_ms"
    mixed = replace(same, cells=(*same.cells, cell("other", Estimate(1.0, "ms"))))
    assert panel_metrics(mixed)[1] == "predict_p50_ms"
    assert panel_metrics(Sweep("s", Path("s"), ())) == NAMES


def test_two_hundred_cells_are_rendered_in_seconds(tmp_path: Path) -> None:
    one = builders.result(tmp_path)
    many = tuple(one.with_(run=f"r{i}", folder=tmp_path / f"r{i}") for i in range(200))
    began = time.process_time()
    html = render(Sweep("s1", tmp_path / "s1", many), tmp_path / "s1").read_text()
    assert time.process_time() - began < 3
    assert html.count('class="dot') == 600 and html.count("../r199/index.html") == 2
