"""fetch: right bytes or a sentence. Real DVC in fresh clones of the needed files."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.artifacts.files import sha256_of
from tasks.artifacts.store import dvc_state, fetch, files_of
from tasks.errors import ArtifactMismatch, Refused
from tasks.specs.artifact import Artifact
from tests.artifacts.clones import archive, flip, fresh_clone, git, model, recorded_md5, stored

DIGITS = archive("digits", "test")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return fresh_clone(tmp_path / "clone")


def quiet(_: str) -> None:
    """Progress that nobody reads."""


def in_process(root: Path, prelude: str = "") -> subprocess.Popen[str]:
    code = f"""
{prelude}
from pathlib import Path
from tasks.artifacts.store import fetch
from tasks.errors import Refused
from tests.artifacts.clones import archive
try:
    fetch(archive("patches", "test"), Path({str(root)!r}))
except Refused as error:
    print(type(error).__name__, error)
"""
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_right_file_is_handed_over_without_dvc(tmp_path: Path, clone: Path) -> None:
    path = fetch(DIGITS, clone, quiet)
    (tmp_path / "bare" / DIGITS.path).parent.mkdir(parents=True)
    path.rename(tmp_path / "bare" / DIGITS.path)
    said: list[str] = []
    assert fetch(DIGITS, tmp_path / "bare", said.append) == tmp_path / "bare" / DIGITS.path
    assert said == []


def test_fresh_clone_pulls_from_the_remote_inside_it(clone: Path) -> None:
    assert sha256_of(fetch(DIGITS, clone, quiet)) == DIGITS.sha256
    assert git(clone, "status", "--porcelain") == ""
    assert dvc_state(DIGITS, clone) == {"path": DIGITS.path, "md5": recorded_md5(DIGITS.path)}


def test_flipped_byte_in_workspace_or_cache_is_repaired(clone: Path) -> None:
    path = fetch(DIGITS, clone, quiet)
    cached = stored(DIGITS.path, clone / ".dvc" / "cache")
    flip(path)
    assert sha256_of(fetch(DIGITS, clone, quiet)) == DIGITS.sha256
    path.unlink()
    flip(cached)
    assert sha256_of(fetch(DIGITS, clone, quiet)) == DIGITS.sha256
    flip(path)
    flip(cached)
    assert sha256_of(fetch(DIGITS, clone, quiet)) == DIGITS.sha256


@pytest.mark.parametrize("damage", [flip, Path.unlink])
def test_damaged_remote_is_refused_and_leaves_nothing(clone: Path, damage: Callable[[Path], None]) -> None:
    damage(stored(DIGITS.path, clone / "artifacts" / "remote"))
    with pytest.raises(ArtifactMismatch, match=r"digits/test\.zip.*Nothing was measured.*git checkout"):
        fetch(DIGITS, clone, quiet)
    assert not (clone / DIGITS.path).exists()


def test_manifest_that_disagrees_with_dvc_lock_is_refused_and_the_file_kept(clone: Path) -> None:
    path = fetch(DIGITS, clone, quiet)
    other = DIGITS.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(ArtifactMismatch, match=r"has SHA-256 \w+, the manifest says 0000"):
        fetch(other, clone, quiet)
    path.unlink()
    with pytest.raises(ArtifactMismatch, match=r"dvc\.lock agrees with the file"):
        fetch(other, clone, quiet)
    assert sha256_of(path) == DIGITS.sha256


def test_never_pushed_model_is_assembled_to_the_same_bytes(clone: Path) -> None:
    resnet50 = model("resnet50", "seeded")
    head = clone / "artifacts" / "models" / "resnet50_head.safetensors"
    head.parent.mkdir(parents=True)
    head.write_bytes(b"damaged before the build")
    assert sha256_of(fetch(resnet50, clone, quiet)) == resnet50.sha256
    assert git(clone, "status", "--porcelain") == ""


def test_build_that_changes_dvc_lock_is_refused_and_undone(clone: Path) -> None:
    before = (clone / "dvc.lock").read_bytes()
    params = clone / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("seed: 50 ", "seed: 51 "), encoding="utf-8")
    with pytest.raises(ArtifactMismatch, match=r"changed dvc\.lock.*dvc repro resnet50"):
        fetch(model("resnet50", "seeded"), clone, quiet)
    assert (clone / "dvc.lock").read_bytes() == before
    assert not (clone / "artifacts/models/resnet50.onnx").exists()


def test_two_processes_may_fetch_at_once(clone: Path) -> None:
    both = [in_process(clone), in_process(clone)]
    answers = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert not any("Refused" in answer or "Mismatch" in answer for answer in answers)
    assert sum("Pulling" in answer for answer in answers) == 1


def test_full_disk_is_a_sentence_and_leaves_nothing(clone: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))"
    answer, _ = in_process(clone, limit).communicate(timeout=60)
    assert "Refused No room left while writing" in answer
    assert not (clone / archive("patches", "test").path).exists()


def test_folder_that_is_no_clone_is_a_sentence(clone: Path) -> None:
    (clone / ".git").rename(clone / "elsewhere")
    with pytest.raises(Refused, match="not a git clone"):
        fetch(DIGITS, clone, quiet)


def test_artifact_that_dvc_does_not_know_is_a_sentence(tmp_path: Path, clone: Path) -> None:
    unknown = Artifact(path="artifacts/models/other.onnx", sha256="0" * 64, stage="other")
    with pytest.raises(Refused, match=r"dvc.lock has no entry for artifacts/models/other.onnx"):
        fetch(unknown, clone, quiet)
    with pytest.raises(Refused, match=r"dvc.lock is missing"):
        fetch(unknown, tmp_path / "nowhere", quiet)


def test_files_beside_the_first_are_part_of_the_model(tmp_path: Path) -> None:
    (tmp_path / "m" / "data").mkdir(parents=True)
    for name in ("model.onnx", "data/w.bin"):
        (tmp_path / "m" / name).write_bytes(name.encode())
    hashes = {name: sha256_of(tmp_path / "m" / name) for name in ("model.onnx", "data/w.bin")}
    artifact = Artifact(path="m/model.onnx", sha256=hashes["model.onnx"], beside={"data/w.bin": hashes["data/w.bin"]})
    assert files_of(artifact, fetch(artifact, tmp_path, quiet)) == [tmp_path / "m" / name for name in hashes]
    for damage in (lambda p: p.write_bytes(b"others"), Path.unlink):
        damage(tmp_path / "m" / "data" / "w.bin")
        with pytest.raises(ArtifactMismatch, match=r"data/w\.bin beside m/model\.onnx is missing, or not what"):
            fetch(artifact, tmp_path, quiet)


def test_a_file_beside_may_not_leave_the_folder() -> None:
    with pytest.raises(ValueError, match="leaves its folder"):
        Artifact(path="m/model.onnx", sha256="0" * 64, beside={"../w.bin": "0" * 64})


def test_file_without_a_stage_is_never_dropped(tmp_path: Path) -> None:
    own = Artifact(path="own.onnx", sha256="0" * 64)
    with pytest.raises(Refused, match="names no DVC stage"):
        fetch(own, tmp_path, quiet)
    (tmp_path / "own.onnx").write_bytes(b"mine")
    with pytest.raises(ArtifactMismatch, match="Place the right file there"):
        fetch(own, tmp_path, quiet)
    assert (tmp_path / "own.onnx").read_bytes() == b"mine"
    assert dvc_state(own, tmp_path) == {}
