"""MLflow's UI as someone sees it who opens our links in a fresh browser."""

from typing import Any

from tests.browser.conftest import Servers
from tests.browser.page import Page
from tests.services.test_keeper import until

ROWS = ".ag-center-cols-container [role=row]"
COLUMNS = ("touchstone.title", "software.id", "scenario.warmup_queries", "accuracy/top1", "predict/p50_ms")


def columns_in_view(page: Page) -> dict[str, float]:
    """Header → its left edge, of those columns that can be seen without scrolling."""
    script = """
    const frame = document.querySelector('.ag-header-viewport').getBoundingClientRect()
    const inside = e => e.getBoundingClientRect().right <= frame.right + 1
    const cells = [...document.querySelectorAll('.ag-header-viewport [role=columnheader][col-id*=".`"]')]
    return Object.fromEntries(cells.filter(inside).map(e => [e.innerText.trim(), e.getBoundingClientRect().left]))
    """
    found: dict[str, Any] = page.driver.execute_script(script)
    return found


def rows(page: Page, count: int) -> list[str]:
    """The text of every row, cells from left to right, once there are that many."""
    until(lambda: len(page.all(ROWS)) == count, f"{count} rows on {page.driver.current_url}")
    script = """
    const left = e => e.getBoundingClientRect().left
    const top = e => e.getBoundingClientRect().top
    const cells = row => [...row.querySelectorAll('[role=gridcell]')].sort((a, b) => left(a) - left(b))
    const rows = [...document.querySelectorAll(arguments[0])].sort((a, b) => top(a) - top(b))
    return rows.map(row => cells(row).map(e => e.innerText.trim()).join(' '))
    """
    return list(page.driver.execute_script(script, ROWS))


def test_a_sweeps_link_shows_its_cells_side_by_side_with_no_click(page: Page, servers: Servers) -> None:
    link = servers.sweep["mlflow"]["link"]
    assert f"compare  {link}\n" in servers.told
    page.open(link)
    shown = rows(page, len(servers.sweep["cells"]))
    for number, row in enumerate(shown, 1):
        assert "patchnet[trained] on patches" in row and f"onnxruntime {number} " in row, "order or columns are lost"
    seen = columns_in_view(page)
    assert [name for name in sorted(seen, key=lambda name: seen[name]) if name in COLUMNS] == list(COLUMNS)


def test_the_comparison_shows_the_values_that_were_measured(page: Page, servers: Servers) -> None:
    page.open(servers.sweep["mlflow"]["link"])
    for cell, row in zip(servers.sweep["cells"], rows(page, 2), strict=True):
        for name in ("accuracy_top1", "predict_p50_ms"):
            assert f" {cell['metrics'][name]['value']:.6f}".rstrip("0") + " " in row


def test_a_sweeps_own_run_leads_to_its_comparison(page: Page, servers: Servers) -> None:
    ids = servers.sweep["mlflow"]
    ui, _, there = ids["link"].partition("#")
    page.open(f"{ui}#/experiments/{ids['experiment_id']}/runs/{ids['run_id']}")
    assert page.first("a", "Its 2 evaluations side by side").get_attribute("href").endswith(f"#{there}")


def test_every_run_is_a_row_with_what_tells_it_apart(page: Page, servers: Servers) -> None:
    page.open(servers.every_run)
    until(lambda: len(page.all(ROWS)) > 2, "the sweep and its cells are rows")
    assert {"touchstone.title", "software.id", "hw.id", "scenario.id", "accuracy/top1"} <= set(columns_in_view(page))
    page.shows(servers.mark)


def test_the_link_of_one_evaluation_opens_its_run(page: Page, servers: Servers) -> None:
    cell = servers.sweep["cells"][0]
    page.open(cell["mlflow"]["link"])
    page.shows(cell["run"], "predict/p50_ms", "model.id")
