"""Sweeps that were asked before, read from their summaries."""

import json
from pathlib import Path
from typing import Any

from flows import cli
from tasks import ROOT, plugins
from tasks.errors import Refused

REPORTS = ROOT / "reports"


def recorded(sweep_name: str) -> dict[str, Any]:
    """The summary of a sweep: its name under reports/, its folder, or its summary.json."""
    for path in (REPORTS / sweep_name / "summary.json", Path(sweep_name) / "summary.json", Path(sweep_name)):
        if path.is_file():
            found: dict[str, Any] = json.loads(path.read_text())
            if "cells" in found:
                return found
    known = sorted(p.parent.name for p in REPORTS.glob("sweep-*/summary.json"))
    raise Refused(plugins.unknown("sweep", sweep_name, known[-20:]))


def asked_again(sweep_name: str) -> list[cli.Job]:
    """The jobs of a recorded sweep, as they were asked."""
    return cli.jobs(recorded(sweep_name)["asked"])
