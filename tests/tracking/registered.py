"""A real MLflow store with one registered model, «mine», version 1, under the alias «best»."""

from pathlib import Path

from flows import cli
from tasks.specs.protocol import Tracking
from tests.artifacts.own_models import doubled


def registered(folder: Path) -> Tracking:
    """Logged and registered through MLflow's client; the folder is laid out as mlflow.onnx does."""
    from mlflow.models import Model

    from tasks.tracking.store import client

    found = cli.default([f"tracking.uri=sqlite:///{folder / 'mlflow.db'}"]).tracking
    made, experiment = client(found)
    run = made.create_run(experiment)
    doubled(folder / "logged" / "model.onnx", "batch", 3)
    Model().add_flavor("onnx", data="model.onnx").save(str(folder / "logged" / "MLmodel"))
    made.log_artifacts(run.info.run_id, str(folder / "logged"), "model")
    made.create_registered_model("mine")
    made.create_model_version("mine", f"{run.info.artifact_uri}/model", run.info.run_id)
    made.set_registered_model_alias("mine", "best", "1")
    return found
