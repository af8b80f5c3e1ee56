"""`python -m flows.doctor [workers=cluster workers.address=…]`: what is up, what is missing, what each node offers.

Starts nothing. Each line is a fact; a line with a way out begins with «missing». Exit code 0, or 1 if anything is.
"""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from flows import cli
from tasks import ROOT, database
from tasks.database import masked
from tasks.environment.hardware import probe
from tasks.errors import TouchstoneError
from tasks.services import children, known, local, prefect_database, settings
from tasks.specs.evaluation import Evaluation
from tasks.stacks import cache
from tasks.stacks.lock import Lock

GIB = 2**30
ROOM_BYTES = 5 * GIB


@dataclass(frozen=True)
class Fact:
    """One line: what, how it is, and the way out where something is missing."""

    what: str
    state: str
    way_out: str = ""


def facts(evaluation: Evaluation) -> Iterator[Fact]:
    """Everything that an evaluation needs on this machine."""
    yield _prefect()
    yield from _nodes(evaluation)
    yield _worker()
    yield _store(evaluation)
    yield _software(evaluation)
    yield _disk()


def _prefect() -> Fact:
    named, up = local.named_prefect(), known.up()
    if named:
        answers = children.answers(f"{named}/health")
        way_out = "" if answers else "start that server, or unset PREFECT_API_URL"
        return Fact("Prefect", f"{masked(named)} (PREFECT_API_URL){'' if answers else ' does not answer'}", way_out)
    url, server = prefect_database.named(), up.get("prefect")
    used = (server.database if server else masked(url)) or "SQLite in this clone"
    state = server.address if server else "not up; the next run starts it (make up keeps it up)"
    try:
        if database.shared(url):
            database.require(url)
    except TouchstoneError as error:
        return Fact("Prefect", f"{state}; {error}", "start that server, or mend PREFECT_SERVER_DATABASE_CONNECTION_URL")
    return Fact("Prefect", f"{state}; database: {used}")


def _nodes(evaluation: Evaluation) -> Iterator[Fact]:
    """Every node of the cluster that would be used, or this machine where none is up."""
    from tasks.placement.cluster import connected
    from tasks.placement.matching import shown
    from tasks.placement.nodes import survey

    address = local.named_ray(evaluation.workers) or (known.up()["ray"].address if "ray" in known.up() else None)
    offer = probe()
    here = f"{offer.cpus} cores, {offer.memory_bytes / GIB:.1f} GiB, {', '.join(offer.accelerators) or 'no GPU'}"
    if address is None:
        yield Fact("Ray", f"not up; the next run starts it on this machine: {here}, {offer.cpu_model}")
        return
    settings.apply()
    try:
        with connected(address):
            yield Fact("Ray", address)
            for node in survey():
                mended = "bring that node to this commit, with its environment (make setup)" if node["lacks"] else ""
                yield Fact(f"  node {node['host']}", node["lacks"] or shown(node), mended)
    except TouchstoneError as error:
        yield Fact("Ray", str(error), "make up, or mend workers.address / RAY_ADDRESS")


def _worker() -> Fact:
    if "worker" in known.up():
        return Fact("schedules", f"run by {children.POOL} here; see python -m flows.deploy status")
    return Fact("schedules", "nobody runs them here (make up, or a deployment, starts a worker)")


def _store(evaluation: Evaluation) -> Fact:
    from tasks.tracking.store import client, store_uri

    uri = masked(store_uri(evaluation.tracking))
    try:
        client(evaluation.tracking)
    except TouchstoneError as error:
        return Fact("MLflow", str(error), "mend tracking.uri or MLFLOW_TRACKING_URI")
    ui = known.up().get("mlflow")
    return Fact("MLflow", f"{uri}, shown at {ui.address}" if ui else f"{uri} (make ui shows it)")


def _software(evaluation: Evaluation) -> Fact:
    software = evaluation.software
    built = {entry.stack.key for entry in cache.inventory()}
    if Lock(software.python, software.packages).key in built:
        return Fact("software", f"{software.id} is built; see python -m flows.software list")
    return Fact("software", f"{software.id} is not built; the first run builds it (python -m flows.software build)")


def _disk() -> Fact:
    free = shutil.disk_usage(ROOT).free
    state = f"{free / GIB:.0f} GiB free"
    return Fact("disk", state, "" if free > ROOM_BYTES else "make room: python -m flows.software prune, make clean")


def run(words: list[str]) -> int:
    """Print the facts."""
    found = list(facts(cli.default(words)))
    wide = max(len(fact.what) for fact in found) + 2
    console = Console(highlight=False, soft_wrap=True)  # what is long, such as a path, stays whole
    for fact in found:
        console.print(f"{fact.what:{wide}}{escape(fact.state)}")
        if fact.way_out:
            console.print(f"{'':{wide}}[red]missing[/]: {escape(fact.way_out)}")
    return 1 if any(fact.way_out for fact in found) else 0


if __name__ == "__main__":
    sys.exit(cli.main("doctor", run))
