"""Laws of `tasks/reporting/page.py`: one self-contained file that says everything and trusts nothing."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tasks.reporting.page import render
from tasks.results.measurement import Measurement, Sweep, Verdict
from tests.reporting import builders

VOID = {"meta", "br", "img", "hr", "link"}


class Nesting(HTMLParser):
    """Raises when a tag closes what is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed(page: str) -> None:
    parser = Nesting()
    parser.feed(page)
    assert parser.open == []


def test_the_page_needs_no_network_and_no_script(page: str) -> None:
    assert not re.search(r"<(script|link|img|iframe)\b", page)
    addresses = set(re.findall(r"https?://[^\"'\s<)]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport"' in page


def test_the_page_says_what_was_asked_and_found(page: str) -> None:
    for words in (
        "tiny[seeded] on colors", "onnxruntime · 1.31.1", "Testor 9000", "3 fresh processes", "checks failed",
        "accuracy, top 1", "latency end to end, p90", "95 % interval", "Few samples.", "Where the time went",
        "python -m flows.evaluate +model=tiny model.weights=seeded dataset=colors software=onnxruntime hw=cpu1 "
        "scenario=quick", "run_id",
    ):  # fmt: skip
        assert words in page
    assert page.count("<figure>") == 4


def test_every_figure_has_the_command_that_makes_it(page: str) -> None:
    figures = re.findall(r"<figure>.*?</figure>", page, flags=re.DOTALL)
    assert figures and all('<pre class="made">python -m flows.evaluate +model=tiny ' in figure for figure in figures)


def test_text_of_others_is_escaped(page: str) -> None:
    assert "&lt;b&gt;30 of 32&lt;/b&gt; agree" in page
    assert "<b>30" not in page


def test_a_failed_evaluation_has_a_page_too(tmp_path: Path) -> None:
    failed = builders.result(measurement=Measurement(()), failure="The agent failed: <killed>")
    html = render(failed, tmp_path).read_text()
    assert "The agent failed: &lt;killed&gt;" in html
    assert "did not finish" in html
    assert "<figure>" not in html


def test_the_smallest_difference_appears_when_it_is_known(tmp_path: Path) -> None:
    html = render(builders.result(detectable={"throughput_per_s": 0.021}), tmp_path).read_text()
    assert html.count("differences from 2.1 % on would show") == 1


def test_a_sweep_links_to_the_page_of_each_cell(tmp_path: Path) -> None:
    sweep = builders.sweep(tmp_path)
    path = render(sweep, sweep.folder)
    links = re.findall(r'href="([^"]+)"', path.read_text())
    assert links == ["../r0/index.html", "../r1/index.html"] * 2  # in the comparison, and in the table


def test_a_sweep_is_well_formed_and_says_how_its_cells_ended(tmp_path: Path) -> None:
    cells = builders.sweep(tmp_path, 3).cells
    mixed = (cells[0].with_(verdict=Verdict()), cells[1].with_(metrics={}, failure="out of <memory>"), cells[2])
    html = render(Sweep("s1", tmp_path / "s1", mixed), tmp_path / "s1").read_text()
    parser = Nesting()
    parser.feed(html)
    assert parser.open == [] and html.count("not measured") == 3
    assert all(f">1 {state}</span>" in html for state in ("passed", "checks failed", "did not finish"))


def test_a_sweep_without_numbers_has_a_table_alone(tmp_path: Path) -> None:
    cells = tuple(cell.with_(metrics={}, failure="no") for cell in builders.sweep(tmp_path).cells)
    html = render(Sweep("s1", tmp_path / "s1", cells), tmp_path / "s1").read_text()
    assert "<figure" not in html and html.count("did not finish</span></td>") == 2


@pytest.mark.parametrize("template", ["base", "page", "sweep"])
def test_templates_lie_beside_the_module(template: str) -> None:
    assert (Path(render.__code__.co_filename).parent / f"{template}.html.j2").is_file()
