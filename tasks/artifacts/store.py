"""Hands over a model or a data set whose bytes are the ones that its manifest names, or stops with a sentence.

Out of the workspace when it is right there; else DVC pulls or builds it, or a recipe assembles it from a
download; whatever arrives is hashed before anyone sees it. A damaged copy is dropped and brought once more.
"""

from collections.abc import Callable
from pathlib import Path

from tasks.artifacts import models, pipeline
from tasks.artifacts.downloads import download
from tasks.artifacts.files import matches, sha256_of, written
from tasks.artifacts.recipes import recipe_named
from tasks.errors import ArtifactMismatch, Refused
from tasks.locks import alone
from tasks.specs.artifact import Artifact

LOCK = ".touchstone/artifacts.lock"
DOWNLOADS = "artifacts/downloads"


def fetch(artifact: Artifact, root: Path, say: Callable[[str], None] = print) -> Path:
    """The file below ``root``. Raises ArtifactMismatch or Refused, and leaves no wrong file in its place."""
    if artifact.built is not None:
        return models.bring(artifact, say)
    path = root / artifact.path
    if _right(artifact, path):
        return path
    with alone(root / LOCK, lambda: say(f"Waiting for another fetch to end, then {artifact.path} …")):
        if _right(artifact, path):
            return path
        if artifact.source is not None:
            _assemble(artifact, root, say)
        elif artifact.stage is None:
            raise _unstaged(artifact, path)
        else:
            _bring(artifact, root, say)
    return path


def present(artifact: Artifact, root: Path) -> bool:
    """Whether it is in the workspace already, byte for byte, so that `fetch` has nothing to do."""
    return models.present(artifact) if artifact.built else _right(artifact, root / artifact.path)


def dvc_state(artifact: Artifact, root: Path) -> dict[str, str]:
    """What dvc.lock records of it, as tags of a run: path and md5; nothing for what DVC does not keep."""
    if artifact.stage is None:
        return {}
    return {"path": artifact.path, "md5": pipeline.recorded(artifact.path, root).md5}


def files_of(artifact: Artifact, path: Path) -> list[Path]:
    """Every file of the model, the first at ``path``."""
    return [path, *(path.parent / name for name in artifact.beside)]


def _right(artifact: Artifact, path: Path) -> bool:
    if artifact.sha256 is not None:
        return matches(path, artifact.sha256) and not _others_wrong(artifact, path)
    note = _note(path)
    if not note.is_file():
        return False
    sha256, _, origin = note.read_text(encoding="utf-8").partition("\n")
    return origin == _origin(artifact) and matches(path, sha256.partition(" ")[0])


def _others_wrong(artifact: Artifact, path: Path) -> list[str]:
    """The files beside the first whose bytes are not those of the manifest."""
    return [name for name, sha256 in artifact.beside.items() if not matches(path.parent / name, sha256)]


def _bring(artifact: Artifact, root: Path, say: Callable[[str], None]) -> None:
    """Through DVC, twice at most."""
    path, output = root / artifact.path, pipeline.recorded(artifact.path, root)
    found = ""
    for _ in range(2):
        if path.exists():
            if pipeline.md5_of(path) == output.md5:
                raise _disagreement(artifact, path)
            say(f"{artifact.path} is not what dvc.lock records: dropped, fetching it again …")
            pipeline.forget(artifact.path, output.md5, root)
        pipeline.bring(output, root, say)
        if _right(artifact, path):
            return
        found = sha256_of(path)
    pipeline.forget(artifact.path, output.md5, root)
    raise ArtifactMismatch(
        f"{artifact.path} has SHA-256 {found}, the manifest says {artifact.sha256}. Nothing was measured. It was "
        f"fetched twice; a maintainer rebuilds it with: dvc repro {output.stage}"
    )


def _disagreement(artifact: Artifact, path: Path) -> ArtifactMismatch:
    return ArtifactMismatch(
        f"{artifact.path} has SHA-256 {sha256_of(path)}, the manifest says {artifact.sha256}, and dvc.lock agrees with "
        "the file. Nothing was measured. Bring manifest and dvc.lock from one commit, or put the new SHA-256 into the "
        "manifest."
    )


def _unstaged(artifact: Artifact, path: Path) -> Refused:
    if not path.exists():
        return Refused(
            f"{artifact.path} is not there, and its manifest names no DVC stage that makes it. Place it there."
        )
    if matches(path, str(artifact.sha256)) and (wrong := _others_wrong(artifact, path)):
        return ArtifactMismatch(
            f"{', '.join(wrong)} beside {artifact.path} {'is' if len(wrong) == 1 else 'are'} missing, or not what the "
            "manifest says. Nothing was measured. Place the right files there, or add the model again."
        )
    return ArtifactMismatch(
        f"{artifact.path} has SHA-256 {sha256_of(path)}, the manifest says {artifact.sha256}. Nothing was measured. "
        "Place the right file there, or correct the manifest."
    )


def _assemble(artifact: Artifact, root: Path, say: Callable[[str], None]) -> None:
    """Download and apply the recipe; beside the file stands what it was made of and its own SHA-256."""
    assert artifact.source is not None
    path = root / artifact.path
    recipe = recipe_named(str(artifact.recipe))
    source = download(artifact.source, root / DOWNLOADS, say)
    say(f"Assembling {artifact.path} …")
    _note(path).unlink(missing_ok=True)
    recipe(source, path)
    written(_note(path), f"{sha256_of(path)}  {path.name}\n{_origin(artifact)}".encode())


def _origin(artifact: Artifact) -> str:
    assert artifact.source is not None
    return f"# {artifact.recipe} of {artifact.source.sha256}\n"


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")
