"""The report and a sweep's page as someone sees them: on a phone and a desk, in the light and in the dark."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tasks.reporting.page import render
from tests.browser.page import Page
from tests.metrics.builders import measurement
from tests.reporting import builders
from tests.reporting.test_arrivals import scheduled

PHONE, DESK = 390, 1280
LEAST_CONTRAST = 4.5  # WCAG 2.1, 1.4.3, of text
TEXTS = "h1, .over, .state, .asked dt, .asked dd, .numbers .value, .numbers small, figcaption, .made, td, th, .mark, a"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Addresses of a report with every kind of part, of one with a queue, and of a sweep with a hole in it."""
    folder = tmp_path_factory.mktemp("reports")
    command = ("+model=tiny", "scenario=quick", f"scenario.id={'a-name-as-long-as-they-get-' * 4}")
    queued = builders.result(folder, measurement(scheduled(0), scheduled(1)), words=command)
    sweep = builders.sweep(folder, cells=12)
    hollow = sweep.cells[0].with_(metrics={}, failure="The agent failed.")
    found = {
        "report": render(builders.result(folder, words=command), folder / "report"),
        "queue": render(queued, folder / "queue"),
        "sweep": render(replace(sweep, cells=(hollow, *sweep.cells[1:])), folder / "s1"),
    }
    return {name: path.as_uri() for name, path in found.items()}


@pytest.fixture
def look(page: Page) -> Iterator[Any]:
    """Opens an address at a width in a theme; the window is as before afterwards."""

    def opened(address: str, width: int, theme: str) -> Page:
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE}
        page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        page.driver.get_log("browser")  # what was said before is not this page's
        page.open(address)
        return page

    yield opened
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", ["report", "queue", "sweep"])
def test_nothing_runs_out_of_the_page_and_every_figure_has_a_size(
    look: Any, pages: dict[str, str], name: str, width: int
) -> None:
    page = look(pages[name], width, "light")
    script = "const d = document.documentElement; return d.scrollWidth - d.clientWidth"
    assert page.driver.execute_script(script) == 0
    script = """return [...document.querySelectorAll('figure')].map(f => {
        const drawn = (f.querySelector('svg') || f).getBoundingClientRect(), made = f.querySelector('.made')
        return [drawn.left, drawn.right, drawn.height, made.innerText, made.getBoundingClientRect().height]})"""
    figures = page.driver.execute_script(script)
    assert len(figures) == {"report": 4, "queue": 3, "sweep": 1}[name]
    for left, right, height, command, height_of_command in figures:
        assert left >= 0 and right <= width and right - left > 250 and height > 50
        assert command.startswith("python -m flows.evaluate") and height_of_command > 10


@pytest.mark.parametrize("name", ["report", "sweep"])
def test_nothing_is_fetched_and_nothing_complained_of(look: Any, pages: dict[str, str], name: str) -> None:
    page = look(pages[name], DESK, "light")
    assert page.driver.execute_script("return performance.getEntriesByType('resource').map(e => e.name)") == []
    assert page.driver.get_log("browser") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["report", "queue", "sweep"])
def test_text_can_be_read_in_both_themes(look: Any, pages: dict[str, str], name: str, theme: str) -> None:
    page = look(pages[name], DESK, theme)
    script = """const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor
            if (!c.startsWith('rgba(') || !c.endsWith(', 0)')) return c } return 'rgb(255, 255, 255)' }
        const read = [...document.querySelectorAll(arguments[0])].filter(e => e.innerText.trim())
        const drawn = [...document.querySelectorAll('figure svg text')]
        return [...read.map(e => [e.className || e.tagName, getComputedStyle(e).color, behind(e)]),
            ...drawn.map(e => [e.textContent, getComputedStyle(e).fill, behind(e)])]"""
    seen = page.driver.execute_script(script, TEXTS)
    assert len(seen) > 30
    poor = {(what, text, paper) for what, text, paper in seen if contrast(text, paper) < LEAST_CONTRAST}
    assert not poor
    dark = luminance(page.driver.execute_script("return getComputedStyle(document.body).backgroundColor")) < 0.2
    assert dark is (theme == "dark")


def test_rows_of_a_sweep_are_aligned_and_lead_to_their_cells(look: Any, pages: dict[str, str]) -> None:
    page = look(pages["sweep"], DESK, "light")
    script = """return [...document.querySelectorAll('.compared .row:not(.axis)')].map(r =>
        [...r.querySelectorAll('.track')].map(t => Math.round(t.getBoundingClientRect().left)))"""
    rows = page.driver.execute_script(script)
    assert len(rows) == 12 and len(set(map(tuple, rows))) == 1 and len(rows[0]) == 3
    assert "not measured" in page.text and len(page.all(".compared .row a")) == 12


def contrast(one: str, other: str) -> float:
    """WCAG 2.1: (lighter + 0.05) / (darker + 0.05)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(css: str) -> float:
    """Relative luminance of «rgb(…)», WCAG 2.1."""
    parts = [int(x) / 255 for x in re.findall(r"\d+", css)[:3]]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
