"""Fetch: the model file and the samples, on the node that measures, verified before they are handed over."""

from pathlib import Path
from typing import Any

from prefect import task

from tasks import ROOT
from tasks.artifacts.files import sha256_of
from tasks.artifacts.folders import describe_folder
from tasks.artifacts.store import dvc_state, fetch
from tasks.placement.cluster import Share, place
from tasks.placement.turns import untimed
from tasks.progress import say
from tasks.specs.artifact import Artifact


@task(persist_result=False, name="fetch", task_run_name="fetch {artifact.path}")
def fetch_artifact(artifact: Artifact, node: str | None) -> dict[str, Any]:
    """The verified file and its DVC state. Raises `ArtifactMismatch`."""
    path = place(Share(node=node), untimed, fetch, artifact, ROOT, say=say("fetch"))
    sha256 = artifact.sha256 or sha256_of(path)
    return {"path": str(path), "sha256": sha256, "size_bytes": path.stat().st_size, "dvc": dvc_state(artifact, ROOT)}


@task(persist_result=False, name="identify folder", task_run_name="identify {folder}")
def identify_folder(folder: Path) -> dict[str, Any]:
    """What the user's own folder of samples holds, by names and sizes."""
    return describe_folder(folder)
