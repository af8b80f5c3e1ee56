"""Fetch: the model file and the samples, on the node that measures, verified before they are handed over."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect import task

from tasks import ROOT
from tasks.artifacts.files import sha256_of
from tasks.artifacts.folders import describe_folder
from tasks.artifacts.models import facts_of
from tasks.artifacts.store import dvc_state, fetch, files_of, present
from tasks.placement.again import ONCE_MORE
from tasks.placement.calls import Share
from tasks.placement.cluster import place
from tasks.placement.turns import untimed
from tasks.progress import say
from tasks.specs.artifact import Artifact
from tasks.titles import titled


@task(persist_result=False, name="fetch", task_run_name=titled("fetch {artifact.path}"), **ONCE_MORE)
def fetch_artifact(artifact: Artifact, node: str | None) -> dict[str, Any]:
    """The verified file and its DVC state. Raises `ArtifactMismatch`."""
    if node is None and present(artifact, ROOT):  # on this machine, and nothing for a worker to do
        return _fetched(artifact, say("fetch"))
    return place(Share(node=node), untimed, _fetched, artifact, say=say("fetch"))


def _fetched(artifact: Artifact, say: Callable[[str], None]) -> dict[str, Any]:
    """On the node."""
    path = fetch(artifact, ROOT, say)
    sha256 = artifact.sha256 or sha256_of(path)
    size = sum(file.stat().st_size for file in files_of(artifact, path))
    facts = facts_of(artifact.built) if artifact.built else {}
    weights = {"weights": facts["weights"]} if "weights" in facts else {}
    return {"path": str(path), "sha256": sha256, "size_bytes": size, "dvc": dvc_state(artifact, ROOT), **weights}


@task(persist_result=False, name="identify folder", task_run_name=titled("identify {folder}"), **ONCE_MORE)
def identify_folder(folder: Path, node: str | None) -> dict[str, Any]:
    """What the user's own folder of samples holds, by names and sizes."""
    return place(Share(node=node), untimed, _identified, folder, say=say("fetch"))


def _identified(folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """On the node."""
    return describe_folder(folder)
