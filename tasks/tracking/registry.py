"""A model version of the MLflow registry as files: downloaded, never loaded.

In: the tracking settings, models:/name/version (or models:/name@alias), and an empty folder. Out: the folder with its
MLmodel, and the model's name.
"""

import re
from pathlib import Path
from typing import Any

from tasks.database import masked
from tasks.errors import Refused, TouchstoneError
from tasks.specs.protocol import Tracking
from tasks.tracking.store import first_line, held, store_uri

URI = re.compile(r"models:/(?P<name>[^/@]+)(/(?P<version>\d+)|@(?P<alias>[^/@]+))")


def downloaded(tracking: Tracking, uri: str, folder: Path) -> tuple[Path, str]:
    """Raises Refused for one that is not there, `TouchstoneError` for a store that does not answer."""
    asked = URI.fullmatch(uri)
    if asked is None:
        raise Refused(
            f"«{uri}» is no version of a registered model: write models:/<name>/<version> or models:/<name>@<alias>."
        )
    store = store_uri(tracking)
    file = Path(store.removeprefix("sqlite:///"))
    if store.startswith("sqlite:///") and not file.exists():
        raise Refused(f"The MLflow store {store} is not there. Name yours: tracking.uri=<uri>, or MLFLOW_TRACKING_URI.")
    import mlflow
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with held(store):
            client = mlflow.MlflowClient(store, registry_uri=store)
            version = _version(client, asked)
            place = client.get_model_version_download_uri(asked["name"], version)
        mlflow.artifacts.download_artifacts(place, dst_path=str(folder), tracking_uri=store, registry_uri=store)
    except MlflowException as error:
        missing = "RESOURCE_DOES_NOT_EXIST" in (error.error_code, str(error)[:60]) or "not found" in str(error)
        kind = Refused if missing else TouchstoneError
        raise kind(f"{uri} of {masked(store)}: {first_line(error)}") from error
    except (SQLAlchemyError, OSError) as error:
        raise TouchstoneError(f"{uri} of {masked(store)} cannot be read: {first_line(error)}") from error
    marker = next(iter(sorted(folder.rglob("MLmodel"))), None)
    if marker is None:
        raise Refused(f"{uri} is no model that MLflow logged: there is no MLmodel among its files.")
    return marker.parent, asked["name"]


def _version(client: Any, asked: re.Match[str]) -> str:
    if asked["alias"]:
        return str(client.get_model_version_by_alias(asked["name"], asked["alias"]).version)
    return asked["version"]
