"""Laws of `tasks/schemas/measurement.py`: what a verdict refuses, and that it names the reason."""

from typing import Any

import pandas as pd

from tasks.results.measurement import Check, Measurement
from tasks.results.process import Process
from tasks.schemas import check_measurement
from tasks.specs.evaluation import Evaluation
from tests.builders import specification
from tests.metrics.builders import judged, latencies, measurement, predictions, process, timed


def evaluation(**changes: Any) -> Evaluation:
    return Evaluation.model_validate(specification(**changes))


def check(name: str, of: Measurement, **changes: Any) -> Check:
    return next(c for c in check_measurement(evaluation(**changes), of).checks if c.name == name)


def audited(table: pd.DataFrame, index: int = 0) -> Process:
    return process("timed", index, {"latencies": latencies([1.0] * 5), "predictions": table})


def test_a_sound_measurement_passes_every_check() -> None:
    whole = measurement(judged([True] * 600), timed([1.0] * 20), audited(predictions([True] * 600).head(32), 1))
    verdict = check_measurement(evaluation(), whole)
    assert verdict.passed, [c.sentence for c in verdict.checks if not c.passed]
    assert {"undecodable", "output varies", "agreement"} <= {c.name for c in verdict.checks}


def test_nothing_measured_breaks_nothing() -> None:
    assert check_measurement(evaluation(), measurement()).checks == ()


def test_a_broken_table_names_its_process() -> None:
    broken = process("timed", 2, {"latencies": latencies([1.0] * 5).assign(samples=0)})
    verdict = check_measurement(evaluation(), measurement(timed([1.0] * 5), broken))
    assert [c.name for c in verdict.checks if not c.passed] == ["latencies of timed process 2"]


def test_spans_are_checked_too() -> None:
    spans = ({"name": "load", "level": "process", "start_ns": 9, "end_ns": 1},)
    found = measurement(Process("timed", 0, {}, latencies([1.0] * 5), pd.DataFrame(), pd.DataFrame(), spans))
    assert not check("spans of timed process 0", found).passed


def test_undecodable_samples_fail_above_the_stated_share_and_are_named() -> None:
    broken = [{"file": f"{i}.png", "why": "truncated"} for i in range(8)]
    found = check("undecodable", measurement(judged([True] * 92, {"undecodable": broken})))
    assert not found.passed
    assert "8 of 100 samples could not be decoded (8 %, allowed 1 %): 0.png: truncated" in found.sentence
    assert len(found.rows) == 5
    assert check("undecodable", measurement(judged([True] * 92, {"undecodable": broken[:1]}))).passed


def test_an_undecodable_file_counts_once_however_often_it_was_drawn() -> None:
    again = [{"file": "0.png", "why": "truncated"}] * 50
    assert check("undecodable", measurement(timed([1.0] * 5, facts={"undecodable": again}))).passed


def test_processes_that_disagree_fail_and_show_the_samples() -> None:
    other = predictions([True] * 30 + [False] * 2)
    found = check("agreement", measurement(judged([True] * 100), audited(other)))
    assert not found.passed
    assert "predicted 30 of 32 samples as the accuracy process did" in found.sentence
    assert [row["sample"] for row in found.rows] == [30, 31]


def test_agreement_of_outputs_that_hardly_vary_is_refused() -> None:
    flat = predictions([True] * 50).assign(score=0.5)
    accuracy = process("accuracy", 0, {"predictions": flat})
    found = measurement(accuracy, audited(flat.head(10)))
    assert not check("output varies", found).passed
    assert "proves nothing" in check("agreement", found).sentence


def test_tables_with_other_columns_are_not_compared() -> None:
    found = check("agreement", measurement(judged([True] * 50), audited(predictions([True] * 9).assign(top5=True))))
    assert not found.passed
    assert "top5" in found.sentence
