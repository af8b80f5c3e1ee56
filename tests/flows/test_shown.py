"""What flows leave in a real Prefect server: names that read well, and artifacts; and nothing fails without them."""

import json
from typing import Any

import pytest

from flows.evaluate import evaluate
from tasks.reporting.cards import Card
from tasks.results.measurement import Sweep
from tasks.services import local
from tasks.show import pin
from tests.flows.conftest import InRepository


def artifacts(flow_run: str) -> list[Any]:
    """Those of one flow run."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

    with get_client(sync_client=True) as client:
        return client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run]))  # type: ignore[list-item]
        )


def names(flow_run: str) -> tuple[str, str, set[str]]:
    """The name of the flow run, its state, and the names of its task runs."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    with get_client(sync_client=True) as client:
        chosen = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run]))  # type: ignore[list-item]
        run = client.read_flow_run(flow_run)
        assert run.state
        told = f"{run.state.type.value}: {run.state.message}"
        return run.name, told, {t.name for t in client.read_task_runs(flow_run_filter=chosen)}  # type: ignore[arg-type]


def test_a_sweep_leaves_a_full_bar_a_row_a_cell_and_three_pages_an_evaluation(repository_bench: InRepository) -> None:
    good, bad = (repository_bench.evaluation(scenario__seed=seed) for seed in (1, 2))
    bad = repository_bench.evaluation(scenario__seed=2, dataset__archives__test__sha256="0" * 64)
    done = evaluate([good, bad])
    assert isinstance(done, Sweep)
    run = next(r for r in repository_bench.runs() if "prefect.flow_run_id" in r.data.tags)
    flow_run = run.data.tags["prefect.flow_run_id"]
    with local.prefect(good.services, print):
        found = artifacts(flow_run)
        title, state, tasks = names(flow_run)
    by_kind = {f"{a.key.rpartition('-')[2]} {a.type}": a for a in found}
    assert float(by_kind["progress progress"].data) == 100
    assert [row["state"] for row in json.loads(by_kind["cells table"].data)] == ["passed", "did not finish"]
    assert len([a for a in found if a.key.endswith("-cells")]) == 1, "the table grows, and is not written anew"
    assert sorted(a.key.rpartition("-")[2] for a in found if a.key.startswith("tiny")) == ["asked", "asked", "numbers"]
    assert title == "2 evaluations: +model=tiny"
    assert state.startswith("FAILED: 1 of 2 evaluations did not pass. First: ") and "0000" in state
    doing = {"judge accuracy", "time process 1 of 1", "log to MLflow", "check results", "show in Prefect"}
    cell = f"{good.title}, {good.software.id}, {good.scenario.id}"
    assert {f"{what}: {cell}" for what in doing} <= tasks


def test_a_server_that_is_away_is_a_sentence_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        assert pin([Card("key", "markdown", "text")], {"before": "id"}) == {"before": "id"}
    assert "Prefect's page does not show it: " in capfd.readouterr().err
