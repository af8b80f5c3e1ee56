"""Which MLflow store, made ready once: several writers on a fresh SQLite store would corrupt it for good."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tasks import ROOT, database
from tasks.database import masked
from tasks.errors import TouchstoneError
from tasks.locks import alone
from tasks.specs.protocol import Tracking

# Our sentence says what its loggers would; a logger's own level is overwritten by MLflow's import.
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "CRITICAL")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ASYNC_LOGGING", "false")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # standard output is the result's
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # what cannot be logged is kept, so do not wait minutes


def store_uri(tracking: Tracking) -> str:
    """The manifest's URI, else $MLFLOW_TRACKING_URI, else a SQLite file in the repository."""
    return tracking.uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{ROOT / 'mlflow.db'}"


def client(tracking: Tracking) -> tuple[Any, str]:
    """An MLflow client and the id of the experiment; the store is initialised under a lock."""
    import mlflow
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    uri = store_uri(tracking)
    with held(uri):
        try:
            _make_whole(uri)
            made = mlflow.MlflowClient(uri)
            found = made.get_experiment_by_name(tracking.experiment)
            return made, found.experiment_id if found else _experiment(made, tracking.experiment, uri)
        except (MlflowException, SQLAlchemyError, OSError) as error:
            raise TouchstoneError(f"The MLflow store {masked(uri)} cannot be used: {first_line(error)}") from error


def _make_whole(uri: str) -> None:
    """A SQLite store that is not there yet, beside its place first: half its tables would stop everybody later."""
    import mlflow

    file = Path(uri.removeprefix("sqlite:///"))
    if not uri.startswith("sqlite:///") or file.exists():
        return
    partial = file.with_name(f".{file.name}.{secrets.token_hex(4)}")  # MLflow remembers a file that it could not make
    try:
        mlflow.MlflowClient(f"sqlite:///{partial}").get_experiment_by_name("Default")
        os.replace(partial, file)
    finally:
        for left in partial.parent.glob(f"{partial.name}*"):
            left.unlink()


@contextmanager
def held(uri: str) -> Iterator[None]:
    """The store for one thread of this clone's drivers; PostgreSQL, which machines share, for one of all."""
    with alone(ROOT / ".touchstone" / "mlflow.lock"):
        if not database.shared(uri):
            yield
            return
        with database.alone(uri) as found:
            found.made_for("MLflow", "experiments")
            yield


def first_line(error: Exception) -> str:
    """What went wrong, without a password."""
    return masked(str(error)).splitlines()[0]


def _experiment(made: Any, name: str, uri: str) -> str:
    """A new experiment. Its artifacts lie where the server of an http:// store says; beside a SQLite file; and for
    PostgreSQL in MLFLOW_DEFAULT_ARTIFACT_ROOT, else in this clone. Never relative to where the flow was started.
    """
    folder = None
    if uri.startswith("sqlite:///"):
        folder = Path(uri.removeprefix("sqlite:///")).resolve().parent / "mlruns"
    elif database.shared(uri):
        folder = ROOT / "mlruns"
    place = os.environ.get("MLFLOW_DEFAULT_ARTIFACT_ROOT") if database.shared(uri) else None
    return str(made.create_experiment(name, artifact_location=place or (folder.as_uri() if folder else None)))
