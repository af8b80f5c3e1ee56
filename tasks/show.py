"""Show: a result on its flow run's page in Prefect, as artifacts; a server that does not take them stops nothing."""

import json
from collections.abc import Iterable
from typing import Any

from prefect import task
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.exceptions import PrefectException
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.utilities.context import get_task_and_flow_run_ids

from tasks.progress import say
from tasks.reporting.cards import Card, cards, sweep_cards
from tasks.results.measurement import Result, Sweep
from tasks.titles import titled

Pinned = dict[str, Any]  # key → Prefect's id of the artifact
PATIENCE_S = 5.0


@task(persist_result=False, name="show in Prefect", task_run_name=titled("show in Prefect"))
def show(result: Result) -> None:
    """Numbers, question, and link of one evaluation."""
    pin(cards(result), {})


@task(persist_result=False, name="show sweep in Prefect", task_run_name=titled("show sweep in Prefect"))
def show_sweep(sweep: Sweep, pinned: Pinned) -> Pinned:
    """The sweep's bar, table, and link; those that are ``pinned`` already move."""
    return pin(sweep_cards(sweep), pinned)


def pin(shown: Iterable[Card], pinned: Pinned) -> Pinned:
    """Create or update each card; returns every id. What the server refuses is one sentence, and over."""
    from httpx import HTTPError

    ids = dict(pinned)
    try:
        with (
            temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}),
            get_client(sync_client=True, httpx_settings={"timeout": PATIENCE_S}) as client,
        ):
            for card in shown:
                ids[card.key] = _pinned(client, card, ids.get(card.key))
    except (HTTPError, PrefectException, OSError, RuntimeError) as error:
        line = " ".join(str(error).split())[:200] or type(error).__name__
        say("show")(f"Prefect's page does not show it: {line.rstrip('.')}. The report and MLflow have it.")
    return ids


def _pinned(client: SyncPrefectClient, card: Card, known: Any) -> Any:
    data = json.dumps(card.data) if card.kind == "table" else card.data
    if known:
        client.update_artifact(known, ArtifactUpdate(data=data, description=card.description))
        return known
    task_run, flow_run = get_task_and_flow_run_ids()
    asked = ArtifactCreate(
        key=card.key,
        type=card.kind,
        description=card.description,
        data=data,
        task_run_id=task_run,
        flow_run_id=flow_run,
    )
    return client.create_artifact(asked).id
