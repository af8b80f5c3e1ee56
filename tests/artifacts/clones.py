"""Builders for these tests: a small fresh clone with the bundled remote, and the artifacts of the real manifests."""

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tasks.specs.artifact import Artifact

ROOT = Path(__file__).parents[2]
FILES = (".gitignore", ".dvcignore", ".dvc/config", ".dvc/.gitignore", "dvc.yaml", "dvc.lock", "params.yaml")
CODE = ("tasks/__init__.py", "tasks/errors.py", "tasks/specs", "tasks/artifacts")
REMOTE = ("artifacts/.gitignore", "artifacts/remote")


def fresh_clone(folder: Path) -> Path:
    """What a clone of this repository holds of models and data sets: an empty cache and the bundled remote."""
    for name in FILES + CODE + REMOTE:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--message", "clone")
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Standard output of one git command."""
    command = ["git", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def manifest(name: str) -> dict[str, Any]:
    """A YAML of conf/, such as «dataset/patches»."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "conf" / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def archive(dataset: str, split: str) -> Artifact:
    """One split of a data set."""
    return Artifact.model_validate(manifest(f"dataset/{dataset}")["archives"][split])


def model(name: str, weights: str) -> Artifact:
    """The ONNX file of a model."""
    return Artifact.model_validate(manifest(f"model/{name}")["artifacts"][weights]["onnx"])


def flip(path: Path) -> None:
    """Change one byte in the middle of a file, however it is protected."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.chmod(0o644)
    path.write_bytes(data)


def recorded_md5(path: str, root: Path = ROOT) -> str:
    """DVC's checksum of an output, as dvc.lock has it."""
    stages = yaml.safe_load((root / "dvc.lock").read_text(encoding="utf-8"))["stages"].values()
    return next(str(out["md5"]) for stage in stages for out in stage["outs"] if out["path"] == path)


def stored(path: str, folder: Path) -> Path:
    """The object of an output in a remote or cache."""
    md5 = recorded_md5(path)
    return folder / "files" / "md5" / md5[:2] / md5[2:]


def bundled(path: str) -> Path:
    """The object of an output in the remote inside this repository."""
    return stored(path, ROOT / "artifacts" / "remote")


def sha256_of_bytes(data: bytes) -> str:
    """64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
