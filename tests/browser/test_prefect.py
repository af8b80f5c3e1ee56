"""Prefect's UI as someone uses it: a form, the page of the run that it starts, and what a sweep left there."""

from tests.browser.conftest import Servers
from tests.browser.page import PATIENCE_S, Page

RUN_S = 150.0  # a worker starts a process, which evaluates


def test_a_run_started_from_the_form_completes_and_shows_what_it_measured(page: Page, servers: Servers) -> None:
    page.open(f"{servers.prefect}/deployments")
    page.click("a", "on-demand")
    page.click("button", "Run")
    page.click("[role=menuitem], .p-overflow-menu-item, .p-context-nav-item, a", "Custom run")
    page.shows("the words of one evaluation, one an item")
    page.first("textarea")
    assert [e.get_attribute("value") for e in page.all("textarea")] == ["+model=patchnet", "scenario=quick"]
    page.click("button", "Add item")
    page.all("textarea")[-1].send_keys(f"scenario.id={servers.mark}")
    page.click("button", "Submit")
    page.click("a", f"+model=patchnet scenario=quick scenario.id={servers.mark}", RUN_S)  # its name, once it runs
    page.first(".state-badge", "Completed", RUN_S)
    key = f"patchnet-trained-on-patches-onnxruntime-{servers.mark}"
    page.click("#artifacts")
    page.shows(f"{key}-numbers", f"{key}-asked", f"{key}-mlflow")
    page.click("a", f"{key}-numbers")
    page.shows("accuracy_top1", "95 % interval", "predict_p50_ms")


def test_a_sweeps_run_tells_how_far_it_is_and_has_a_row_a_cell(page: Page, servers: Servers) -> None:
    page.open(f"{servers.prefect}/runs")
    page.click("a", "2 evaluations: +model=patchnet scenario=quick")
    page.click("#artifacts")
    page.shows("-progress", "-cells", f"{servers.sweep['run']}: 2 of 2 evaluations", seconds=PATIENCE_S)
