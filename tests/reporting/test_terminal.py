"""Laws of `tasks/reporting/terminal.py`: all that matters is there, at 80 columns."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from tasks.reporting.terminal import show
from tasks.results.measurement import Estimate, Measurement, Result, Sweep, Verdict
from tasks.specs.evaluation import Evaluation
from tests.builders import specification
from tests.reporting import builders


def printed(result: Result | Sweep, width: int = 80, everything: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    show(result, console, everything)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_result_says_what_was_asked_and_what_came_of_it(tmp_path: Path) -> None:
    text = printed(builders.result(tmp_path), width=200)
    for words in (
        "tiny[seeded] on colors  checks failed", "onnxruntime · 1.31.1 · Python 3.11 · 1 thread", "cpu1 · 1 core",
        "quick · single_stream · judged by end_to_end_p90_ms · 3 fresh processes",
            "failed  <b>30 of 32</b> agree", "findings  1 warning: few (show=all tells)",
        "run 0a1b", str(tmp_path / "index.html"),
    ):  # fmt: skip
        assert words in text


def test_ten_lines_say_it(tmp_path: Path) -> None:
    lines = printed(builders.result(tmp_path), width=200).strip().splitlines()
    assert len(lines) == 11 and "latency end to end, p90" in lines[5], "ten, and the check that failed"
    assert [line.split("  ")[0] for line in lines[4:7]] == ["accuracy, top 1", "latency end to end, p90", "throughput"]
    assert all(" – " in line for line in lines[4:7]), "no interval"


def test_a_number_that_is_missing_says_why_and_one_that_is_there_what_would_show() -> None:
    metrics = {"end_to_end_p90_ms": Estimate(None, "ms", note="needs 29 queries")}
    assert "needs 29 queries" in printed(builders.result(metrics=metrics))
    assert "differences from 3 % on would show" in printed(
        builders.result(detectable={"throughput_per_s": 0.03}), width=200
    )


def test_no_number_is_cut_at_80_columns_however_much_is_said_beside_it() -> None:
    said = {"accuracy_top1": Estimate(0.9, "fraction", note="a reason " * 20)}
    result = builders.result(detectable={"throughput_per_s": 0.03, "end_to_end_p90_ms": 0.02})
    text = printed(result.with_(metrics={**result.metrics, **said}))
    assert "…" not in text and all(len(line) <= 80 for line in text.splitlines() if not line.startswith("mlflow"))


def test_all_tells_findings_in_full() -> None:
    text = printed(builders.result(), everything=True)
    assert "warning  Few samples. Raise min_queries." in text and "show=all" not in text


def test_threads_of_two_kinds_are_no_product() -> None:
    threads = {"software__threads__intra": "all", "software__threads__inter": 9}
    text = printed(builders.result(evaluation=Evaluation.model_validate(specification(**threads))))
    assert "all threads intra, 9 inter" in text


@pytest.mark.parametrize("width", [80, 100])
def test_every_metric_keeps_its_line(width: int) -> None:
    result = builders.result()
    lines = printed(result, width, everything=True).splitlines()
    assert all(len(line) <= width for line in lines if not line.startswith(("mlflow", "report")))  # paths stay whole
    for name in result.metrics:
        assert sum(line.startswith(name) for line in lines) == 1


def test_a_note_is_printed_once_below_the_table() -> None:
    text = printed(builders.result(measurement=builders.measured(queries=100, processes=1)), everything=True)
    assert text.count("within one process") == 2  # alone, and with the page cache
    assert "needs at least 368 queries" in text


def test_a_result_that_passed_shows_no_failed_check() -> None:
    text = printed(builders.result(verdict=Verdict()))
    assert "passed" in text
    assert "failed" not in text


def test_a_failure_is_shown_without_metrics() -> None:
    text = printed(builders.result(measurement=Measurement(()), failure="The agent failed: out of memory"))
    assert "did not finish" in text
    assert "The agent failed: out of memory" in text
    assert "95 % interval" not in text


def test_a_sweep_has_one_row_a_cell_at_80_columns(tmp_path: Path) -> None:
    sweep = builders.sweep(tmp_path, cells=3)
    text = printed(sweep)
    assert text.count("tiny[seeded] on colors") == 3
    assert "91.3" in text
    hollow = Sweep("s", tmp_path, (builders.result(metrics={"predict_p50_ms": Estimate(None, "ms")}),))
    assert "–" in printed(hollow)
