"""What must hold after a run that was hurt: at once, and by the end of the next one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psutil

from tests.faults.faults import FAULTS
from tests.faults.ground import Ground, title, until
from tests.faults.runs import Run

GONE_S = 30.0


@dataclass
class Case:
    """One run with its fault, and which laws it broke. ``owed``: what the next run has to say."""

    fault: str
    run: Run
    broken: list[str] = field(default_factory=list)
    owed: dict[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """What the table is made of."""
        run = self.run
        told = {} if not self.broken else {"said": run.said[:3000] + "\n…\n" + run.said[-3000:]}
        base = {"fault": self.fault, "step": run.step, "code": run.code, "took_s": round(run.took_s, 1)}
        return {**base, "last": run.last[:300], "broken": self.broken, **told}


def judge(case: Case, reached: bool, struck: bool) -> None:
    """The laws that hold as soon as the run has ended."""
    run, fault = case.run, FAULTS[case.fault]
    if not reached:
        case.broken.append(f"the step «{run.step}» was not reached")
    elif not struck:
        case.broken.append("nothing was found to hurt")
    if run.code is None:
        case.broken.append("the run did not end by itself")
    elif run.code not in fault.codes:
        case.broken.append(f"exit code {run.code}")
    if "Traceback" in run.said:
        case.broken.append("a traceback was printed")
    left: list[psutil.Process] = []

    def gone() -> bool:
        left[:] = _remaining(run.ground)
        return not left

    if not until(gone, GONE_S):
        case.broken.append(f"after {GONE_S:g} s there is still: {title(left[0])[:120]}")
    case.broken += _half_written(run.ground)
    case.owed = dict(_owed(case))


def _remaining(ground: Ground) -> list[psutil.Process]:
    """Agents, busy workers, and drivers in the clone."""
    drivers = [p for p in ground.processes() if "flows.evaluate" in title(p)]
    return [*ground.agents(), *ground.workers(), *drivers]


def _half_written(ground: Ground) -> Iterator[str]:
    """Reports are whole or not there; what a killed driver was writing is swept away by the next run."""
    for folder in (ground.clone / "reports").glob("[!.]*-*/"):
        try:
            json.loads((folder / "summary.json").read_text())
            whole = "</html>" in (folder / "index.html").read_text()
        except (OSError, ValueError):
            whole = False
        if not whole:
            yield f"reports/{folder.name} is half-written"


def _owed(case: Case) -> Iterator[tuple[str, str]]:
    """What the next run must say, and the broken law if it does not."""
    if FAULTS[case.fault].orphans and case.run.step != "start":
        yield "marked as crashed", "the next run did not mark the flow run as crashed"
    for pending in (case.run.ground.clone / ".touchstone" / "pending").glob("*/*accuracy*.zip"):
        yield f"{pending.parent.name} was measured", f"the next run did not log {pending.parent.name}"


def settle(owing: list[Case], run: Run) -> None:
    """What the run that came after has said; it owes nothing more for what it said."""
    for case in owing:
        case.owed = {said: law for said, law in case.owed.items() if said not in run.said}


def finish(cases: list[Case], ground: Ground) -> None:
    """After a last run that nobody hurt: debts are broken laws, and the stores hold nothing unfinished."""
    for case in cases:
        case.broken += case.owed.values()
    last = cases[-1]
    last.broken += [f"reports/{p.name} was left behind" for p in (ground.clone / "reports").glob(".*.partial")]
    last.broken += [f"pending/{p.name} was left behind" for p in (ground.clone / ".touchstone/pending").glob("*")]
    last.broken += _unfinished_runs(ground)
    last.broken += _unfinished_flows(ground)


def _unfinished_runs(ground: Ground) -> Iterator[str]:
    from mlflow import MlflowClient

    client = MlflowClient(ground.store)
    runs = [r for e in client.search_experiments() for r in client.search_runs([e.experiment_id], max_results=5000)]
    names = [r.info.run_name for r in runs]
    for run in runs:
        name = run.info.run_name
        if run.info.status not in ("FINISHED", "FAILED"):
            yield f"MLflow run {name} is {run.info.status}"
        if names.count(name) > 1:
            yield f"MLflow has {name} more than once"
        files = {f.path for f in client.list_artifacts(run.info.run_id)}
        if "evaluation.yaml" not in files or not run.data.params:
            yield f"MLflow run {name} lacks files or parameters"


def _unfinished_flows(ground: Ground) -> Iterator[str]:
    import urllib.request

    service = ground.services().get("prefect")
    api = ground.env.get("PREFECT_API_URL") or (f"{service['address']}/api" if service else "")
    if not api:
        return
    body = json.dumps({"flow_runs": {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}}}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{api}/flow_runs/filter", body, headers)
    with urllib.request.urlopen(request, timeout=30) as reply:
        yield from (f"flow run {r['name']} is still {r['state_name']}" for r in json.loads(reply.read()))
