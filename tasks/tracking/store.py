"""Which MLflow store, made ready once: several writers on a fresh SQLite store would corrupt it for good."""

import os
from pathlib import Path
from typing import Any

from tasks import ROOT
from tasks.errors import TouchstoneError
from tasks.locks import alone
from tasks.specs.protocol import Tracking

os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")  # a logger's own level is overwritten by MLflow's import
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ASYNC_LOGGING", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")  # what cannot be logged is kept, so do not wait minutes


def store_uri(tracking: Tracking) -> str:
    """The manifest's URI, else $MLFLOW_TRACKING_URI, else a SQLite file in the repository."""
    return tracking.uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{ROOT / 'mlflow.db'}"


def client(tracking: Tracking) -> tuple[Any, str]:
    """An MLflow client and the id of the experiment; the store is initialised under a lock."""
    import mlflow
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    uri = store_uri(tracking)
    mlflow.set_tracking_uri(uri)
    with alone(ROOT / ".touchstone" / "mlflow.lock"):
        try:
            made = mlflow.MlflowClient(uri)
            found = made.get_experiment_by_name(tracking.experiment)
            return made, found.experiment_id if found else _experiment(made, tracking.experiment, uri)
        except (MlflowException, SQLAlchemyError, OSError) as error:
            raise TouchstoneError(f"The MLflow store {uri} cannot be used: {str(error).splitlines()[0]}") from error


def _experiment(made: Any, name: str, uri: str) -> str:
    """A new experiment; with a SQLite store its artifacts lie beside the database, wherever the flow was started."""
    local = uri.removeprefix("sqlite:///") if uri.startswith("sqlite:///") else ""
    return str(
        made.create_experiment(
            name, artifact_location=(Path(local).resolve().parent / "mlruns").as_uri() if local else None
        )
    )
