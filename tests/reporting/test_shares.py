"""What a report says of a pipeline."""

from pathlib import Path

import numpy as np
from rich.console import Console

from tasks.reporting import terminal, words
from tasks.reporting.figures import figures
from tasks.reporting.page import render
from tasks.reporting.shares import parts_ms, shares
from tasks.results.measurement import Result
from tasks.specs.evaluation import Evaluation
from tests.metrics.builders import measurement
from tests.metrics.test_stages import piped as process
from tests.pipelines import piped
from tests.reporting.builders import result


def pipeline(folder: Path) -> Result:
    seen = measurement(*(process(k, np.full(400, 6.0), np.full(400, 2.5)) for k in range(3)))
    return result(folder, seen, evaluation=Evaluation.model_validate(piped(scenario__repetitions=3)))


def test_the_parts_of_a_query_are_all_of_it_in_their_order(tmp_path: Path) -> None:
    parts = parts_ms(pipeline(tmp_path).measurement.timed[0])
    assert list(parts) == ["preprocess", "look", "name", "between", "postprocess"]
    assert sum(parts.values()) == 10.0


def test_the_share_of_each_model_is_drawn_and_said(tmp_path: Path) -> None:
    done = pipeline(tmp_path)
    (drawn,) = [of for of in figures(done) if of.title == "Share of each model"]
    assert all(text in drawn.svg for text in ("look", "between", "60 %", "25 %"))
    assert words.stages(done) == "look detector[seeded] 60.00 % · name tiny[seeded] 25.00 % · between 5.000 %"
    page = render(done, tmp_path).read_text()
    assert "Share of each model" in page and "look detector[seeded] 60.00 %" in page
    console = Console(record=True, width=120)
    terminal.show(done, console)
    assert "pipeline  look detector[seeded] 60.00 %" in console.export_text()


def test_one_model_has_no_shares(tmp_path: Path) -> None:
    done = result(tmp_path)
    assert shares(done) is None and words.stages(done) == ""


def test_it_is_asked_for_again_by_its_stages(tmp_path: Path) -> None:
    said = words.command(pipeline(tmp_path))
    assert (
        "model.pipeline.look.model=detector model.pipeline.look.weights=seeded" in said and "model.weights" not in said
    )
