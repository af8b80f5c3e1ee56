"""What MLflow's runs page shows when a link opens it: which runs, in which columns.

A view is a tag of the experiment that MLflow's page reads, as its own «Share» button writes it; a link names the tag.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from urllib.error import URLError
from urllib.parse import quote, urlsplit, urlunsplit
from urllib.request import urlopen

from tasks.specs.evaluation import IDENTITY, Evaluation
from tasks.specs.protocol import Tracking
from tasks.tracking.runs import PARENT, flat
from tasks.tracking.store import client

VIEW = "mlflow.sharedViewState."
ALL = "touchstone"  # the view of every run
NAME, CREATED, DURATION, WHY = "attributes.`Run Name`", "runDateAndNestInfo", "duration", "attributes.`Description`"
TITLE, SOFTWARE, HOST = "tags.`touchstone.title`", "params.`software.id`", "tags.`host`"
ASPECTS = (SOFTWARE, "params.`hw.id`", "params.`scenario.id`")
NUMBERS = ("accuracy/top1", "predict/p50_ms", "predict/p99_ms", "throughput/per_s")
WIDTHS = {NAME: 100, CREATED: 60, TITLE: 195, SOFTWARE: 108, WHY: 300, DURATION: 80}  # px, beside MLflow's Assistant
WIDTH = 98
PATIENCE_S = 2.0


def comparison(tracking: Tracking, parent: dict[str, str], name: str, cells: list[Evaluation]) -> str:
    """The page of exactly one sweep's cells, in the order they ran, as the part of its address after the server's.

    It is also written into the description of the sweep's own run.
    """
    made, experiment = client(tracking)
    columns = [TITLE, SOFTWARE, *(f"params.`{field}`" for field in differing(cells))]
    columns += [HOST] if cells[0].dispatch == "all" else []
    made.set_experiment_tag(experiment, VIEW + name, _state(columns, f"tags.`{PARENT}` = '{parent['run_id']}'", True))
    there = page(experiment, name)
    made.set_tag(parent["run_id"], "mlflow.note.content", f"[Its {len(cells)} evaluations side by side]({there})")
    return there


def everything(tracking: Tracking) -> str:
    """The page of every run, newest first."""
    made, experiment = client(tracking)
    made.set_experiment_tag(experiment, VIEW + ALL, _state([TITLE, *ASPECTS], "", False))
    return page(experiment, ALL)


def differing(cells: list[Evaluation], most: int = 4) -> list[str]:
    """In which fields the cells differ, without those that another model or software brings along."""
    flats = [dict(flat(cell.model_dump(mode="json"))) for cell in cells]
    named = {aspect for aspect in IDENTITY if len({f[f"{aspect}.id"] for f in flats}) > 1}
    aspects = [f"{aspect}.id" for aspect in IDENTITY if aspect in named - {"model", "software"}]
    alike = set(IDENTITY) - named
    known = dict.fromkeys(field for f in flats for field in f if field.split(".")[0] in alike)
    return [*aspects, *(field for field in known if len({f.get(field) for f in flats}) > 1)][:most]


def run_page(ids: dict[str, str]) -> str:
    """The page of one run."""
    return f"#/experiments/{ids['experiment_id']}/runs/{ids['run_id']}"


def linked(ids: dict[str, str], there: str, ui: str) -> dict[str, str]:
    """A run's ids with the page's address as ``link``; without it where no UI shows this run."""
    address = _address(ids, there, ui)
    bare = {k: v for k, v in ids.items() if k != "link"}
    return {**bare, "link": address} if address else bare


def _address(ids: dict[str, str], there: str, ui: str) -> str:
    """On the tracking server, or on ``ui`` if that has this run."""
    if ids["uri"].startswith(("http://", "https://")):
        parts = urlsplit(ids["uri"])
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/") + "/", "", "")) + there
    with suppress(URLError, OSError):  # a UI of another store answers 404
        if ui and urlopen(f"{ui}/api/2.0/mlflow/runs/get?run_id={ids['run_id']}", timeout=PATIENCE_S).status == 200:
            return f"{ui}/{there}"
    return ""


def page(experiment: str, view: str) -> str:
    """The runs page in that view."""
    return f"#/experiments/{experiment}/runs?viewStateShareKey={quote(view)}"


def _state(columns: Iterable[str], runs: str, oldest_first: bool) -> str:
    """The page's state in MLflow's own words."""
    chosen = [*columns, *(f"metrics.`{name}`" for name in NUMBERS), WHY]
    order = [NAME, *chosen[:-1], CREATED, DURATION, WHY]
    state: dict[str, Any] = {
        "searchFilter": runs,
        "orderByKey": "attributes.`Created`",  # by start_time, cells would be folded under their parent
        "orderByAsc": oldest_first,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "selectedColumns": chosen,
        "columnOrder": order,
        "columnWidths": {column: WIDTHS.get(column, WIDTH) for column in order},
        "runsHiddenMode": "SHOW_ALL",
    }
    return json.dumps(state)
