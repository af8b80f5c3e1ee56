"""Prefect and MLflow on a real PostgreSQL: fresh, used by two at once, killed in the middle, no password told."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks import ROOT, database
from tasks.errors import Refused, TouchstoneError
from tests.flows.conftest import InRepository, repository_bench  # noqa: F401  (a fixture)
from tests.services.postgres import MISSING, PASSWORD, REASON, Postgres, postgres
from tests.services.test_keeper import Services, services, until  # noqa: F401  (a fixture)

pytestmark = pytest.mark.skipif(bool(MISSING), reason=REASON)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as made:
        yield made


@pytest.fixture
def on_postgres(server: Postgres, services: Services, tmp_path: Path) -> Iterator[Services]:  # noqa: F811
    """Services whose databases are fresh."""
    for name in ("prefect", "mlflow"):
        server.ask("postgres", f"drop database if exists {name} with (force)")
    server.create("prefect", "mlflow")
    services.env |= {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": server.url("prefect", "postgresql+asyncpg"),
        "MLFLOW_TRACKING_URI": server.url("mlflow"),
        "MLFLOW_DEFAULT_ARTIFACT_ROOT": (tmp_path / "files").as_uri(),
    }
    yield services


def evaluate(on: Services, bench: InRepository, *words: str) -> "subprocess.Popen[str]":
    own = ["+model=patchnet", "scenario=quick", "hw=cpu1", f"scenario.id={bench.mark}", *words]
    command = [sys.executable, "-m", "flows.evaluate", *own]
    return subprocess.Popen(command, cwd=ROOT, env=on.env, stdout=-1, stderr=-1, text=True)


def runs(server: Postgres, bench: InRepository) -> list[Any]:
    """Of that bench: a driver logs first what an earlier one could not."""
    import mlflow

    client = mlflow.MlflowClient(server.url("mlflow"))
    found = client.search_runs([e.experiment_id for e in client.search_experiments()])
    return [run for run in found if bench.mark in run.info.run_name]


def holds_password(server: Postgres, name: str) -> list[str]:
    """Tables of a database with a row that has it."""
    tables = [t for (t,) in server.ask(name, "select tablename from pg_tables where schemaname = 'public'")]
    return [t for t in tables if server.ask(name, f"select 1 from \"{t}\" x where x::text like '%{PASSWORD}%' limit 1")]


def test_two_drivers_on_fresh_databases_and_one_that_loses_its_database(
    server: Postgres,
    on_postgres: Services,
    repository_bench: InRepository,  # noqa: F811
) -> None:
    both = [evaluate(on_postgres, repository_bench) for _ in range(2)]
    ended = [process.communicate(timeout=280) for process in both]
    assert [process.returncode for process in both] == [0, 0], [err[-2000:] for _, err in ended]
    found = runs(server, repository_bench)
    assert [r.info.status for r in found] == ["FINISHED"] * 2
    assert server.ask("prefect", "select count(*) from flow_run where state_name = 'Completed'") == [(2,)]
    assert all(Path(r.info.artifact_uri.removeprefix("file://"), "index.html").exists() for r in found)

    process, said = evaluate(on_postgres, repository_bench, "scenario.min_duration_s=6"), ""
    assert process.stderr
    for line in process.stderr:
        said += line
        if "timing 1" in line:
            break
    time.sleep(1)
    server.kill()
    out, rest = process.communicate(timeout=120)
    sentences = [line for line in rest.splitlines() if not re.match(r" *\d+\.\d s  ", line)]  # beside progress
    assert process.returncode == 1 and "Traceback" not in rest and len(sentences) == 1, rest
    assert "Prefect failed" in rest and "database" in rest
    doctor = [sys.executable, "-m", "flows.doctor"]
    shown = subprocess.run(doctor, cwd=ROOT, env=on_postgres.env, capture_output=True, text=True, timeout=90).stdout
    told = " ".join(shown.split())
    assert told.count("cannot be reached") == 2 and "missing" in told
    server.start()
    after = evaluate(on_postgres, repository_bench)
    _, err = after.communicate(timeout=200)
    assert after.returncode == 0 and "not logged: logging it first" in err, err
    assert sorted(r.info.status for r in runs(server, repository_bench)) == ["FINISHED"] * 4
    reports = [p for p in (ROOT / "reports").iterdir() if repository_bench.mark in p.name]
    assert len(reports) == 4 and all(json.loads((p / "summary.json").read_text()) for p in reports)

    texts = [told, out, said, rest, err, *(text for pair in ended for text in pair)]
    texts += [f.read_text(errors="replace") for p in reports for f in p.rglob("*") if f.is_file()]
    assert not any(PASSWORD in text for text in texts)
    assert not holds_password(server, "prefect") and not holds_password(server, "mlflow")
    assert not any(PASSWORD in command for command in on_postgres.processes())


def test_a_schedule_fires_with_prefect_on_postgresql(
    server: Postgres,
    on_postgres: Services,
    repository_bench: InRepository,  # noqa: F811
) -> None:
    words = ["name=minutely", "cron=* * * * *", "+model=patchnet", "scenario=quick"]
    assert "minutely" in on_postgres.run("-m", "flows.deploy", *words, f"scenario.id={repository_bench.mark}")
    until(lambda: _finished(server), "a scheduled run is in MLflow", 200)
    on_postgres.run("-m", "flows.deploy", "remove", "name=minutely")


def _finished(server: Postgres) -> bool:
    """Asked of the tables, which MLflow may be making just now."""
    made = server.ask("mlflow", "select to_regclass('runs') is not null") == [(True,)]
    return made and bool(server.ask("mlflow", "select 1 from runs where status = 'FINISHED'"))


def test_one_database_for_both_is_refused(server: Postgres) -> None:
    server.create("shared")
    server.ask("shared", "create table alembic_version (version_num text)")
    with database.alone(server.url("shared")) as held, pytest.raises(Refused, match="one of its own") as refused:
        held.made_for("MLflow", "experiments")
    assert PASSWORD not in str(refused.value)


def test_a_wrong_password_is_one_sentence_without_it(server: Postgres) -> None:
    wrong = server.url("postgres").replace(PASSWORD, "not-it")
    with pytest.raises(TouchstoneError, match="authentication failed") as told:
        database.require(wrong)
    assert "not-it" not in str(told.value) and "\n" not in str(told.value)
