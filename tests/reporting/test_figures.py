"""Laws of `tasks/reporting/figures.py`: the page's colours, no outlier lost, none without data."""

import re
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest

from tasks.reporting.drawing import VARIABLES
from tasks.reporting.figures import figures
from tasks.reporting.latency import BUCKETS, _bins, _thinned
from tasks.results.measurement import Result
from tests.metrics.builders import judged, measurement, predictions, process, timed
from tests.metrics.test_tokens import streamed, table
from tests.reporting import builders

TITLES = ["Latency distribution", "Latency over time", "Accuracy per class", "Confusion"]


@pytest.fixture(scope="module")
def result() -> Result:
    return builders.result()


def test_every_figure_is_svg_in_the_colours_of_the_page(result: Result) -> None:
    drawings = figures(result)
    assert [d.title for d in drawings] == TITLES
    for drawing in drawings:
        assert ElementTree.fromstring(drawing.svg).tag.endswith("svg")
        assert "var(--" in drawing.svg
        assert not any(placeholder in drawing.svg for placeholder in VARIABLES)
        assert not re.search(r"(fill|stroke): #(?!ffffff)", drawing.svg)
        assert "<text" in drawing.svg


def test_ids_of_figures_never_meet(result: Result) -> None:
    ids = [set(re.findall(r' id="([^"]+)"', d.svg)) for d in figures(result)]
    assert len(set().union(*ids)) == sum(map(len, ids))
    for drawing, own in zip(figures(result), ids, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", drawing.svg)) <= own


def test_drawing_changes_no_setting_of_matplotlib_and_is_reproducible(result: Result) -> None:
    before = dict(matplotlib.rcParams)
    assert figures(result) == figures(result)
    assert dict(matplotlib.rcParams) == before


def test_what_was_not_measured_is_not_drawn() -> None:
    assert figures(builders.result(measurement=measurement())) == []
    assert [d.title for d in figures(builders.result(measurement=measurement(timed([1.0] * 9))))] == TITLES[:2]
    assert [d.title for d in figures(builders.result(measurement=measurement(judged([True] * 9))))] == TITLES[2:]


def test_predictions_outside_the_classes_are_left_to_the_checks() -> None:
    wild = process("accuracy", 0, {"predictions": predictions([True] * 6).assign(predicted=99)})
    assert figures(builders.result(measurement=measurement(wild))) == []


@pytest.mark.parametrize("latencies", [[1.0], [2.0, 2.0], [1.0] * 50 + [500.0]])
def test_any_latencies_can_be_drawn(latencies: list[float]) -> None:
    assert len(figures(builders.result(measurement=measurement(timed(latencies))))) == 2


def test_thinning_keeps_both_extremes_and_the_order() -> None:
    ms = np.random.default_rng(0).gamma(2, 1, 50_000)
    at, kept = _thinned(np.arange(50_000.0), ms)
    assert len(kept) <= 2 * BUCKETS
    assert (kept.max(), kept.min()) == (ms.max(), ms.min())
    assert (np.diff(at) > 0).all()


def test_bins_hold_every_latency() -> None:
    for xs in (np.array([3.0]), np.array([1.0, 900.0]), np.linspace(5, 6, 1000)):
        for logarithmic in (False, True):
            assert np.histogram(xs, _bins(xs, logarithmic))[0].sum() == len(xs)


def test_streamed_answers_have_a_curve_of_their_first_and_of_their_further_tokens() -> None:
    answers = streamed(table(20.0), table(22.0), limits={"ttft_ms": 50})
    first, further = figures(builders.result(measurement=answers))[1:3]
    assert (first.title, further.title) == ("Time to first token", "Time per output token")
    assert "limit" in first.svg and "limit" not in further.svg and "process 1" in first.svg
    alone = figures(builders.result(measurement=streamed(table(20.0, tokens=1))))
    assert [d.title for d in alone] == ["Latency distribution", "Time to first token", "Latency over time"]
