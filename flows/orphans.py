"""What a driver that was killed left behind: recorded, closed, or swept away by whoever starts next."""

import shutil

from flows.line import partial_of, record, report_folder
from flows.recorded import REPORTS
from flows.sweeps import close_orphan
from tasks import ROOT
from tasks.check import check
from tasks.errors import TouchstoneError
from tasks.progress import say
from tasks.results.pending import Pending, held, orphans, recovered
from tasks.tracking.store import client, store_uri


def log_orphans() -> None:
    """Record what was measured and could not be logged: the driver was killed, or the tracking server was away.

    A store that is still away is asked once, however much waits for it.
    """
    away: set[str] = set()
    for name in orphans():
        with held(name) as pending:
            shutil.rmtree(partial_of(name), ignore_errors=True)
            try:
                pending.done = close_orphan(pending) or _settled(name, pending, away)
            except TouchstoneError as error:
                say("recover")(f"{name}: {error} It is tried again by the next run.")


def _settled(name: str, pending: Pending, away: set[str]) -> bool:
    """Log what was measured; whether nothing of it is left to do."""
    found = recovered(pending, REPORTS / name)
    if found is None:
        return True
    (result, parent), tell = found, say("recover")
    store = store_uri(result.evaluation.tracking)
    if store in away:
        return False
    tell(f"{name} was measured at {result.started_at} and not logged: logging it first")
    try:
        client(result.evaluation.tracking)
    except TouchstoneError as error:
        away.add(store)
        tell(f"{error} It waits there for the run after this one ({pending.folder.relative_to(ROOT)}).")
        return False
    with report_folder(name) as folder:
        judged = check(result.evaluation, result.measurement)
        result = record(result.with_(folder=folder, verdict=judged), {}, parent, pending)
    tell(result.failure or f"logged as {result.mlflow['run_id']}")
    return pending.done
