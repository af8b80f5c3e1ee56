"""DVC as a process: what dvc.lock records of an output, bring it into the workspace, forget it.

In go paths of outputs, out come files that nobody has checked yet. Knows no manifest.
"""

import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tasks.artifacts.files import no_room
from tasks.errors import ArtifactMismatch, Refused

PATIENCE_S = 120
FULL = re.compile(r"No space left|No room left|Errno 28|Errno 27|File too large|quota exceeded", re.IGNORECASE)


@dataclass(frozen=True)
class Output:
    """One output of a stage. ``stored``: a remote holds it; otherwise every machine builds it from ``inputs``."""

    path: str
    md5: str
    stage: str
    stored: bool
    inputs: tuple[tuple[str, str], ...]  # (path, md5) of the outputs that the stage reads


def recorded(path: str, root: Path) -> Output:
    """What dvc.lock says about ``path``. Raises Refused where it says nothing."""
    stages = _read(root / "dvc.lock").get("stages", {})
    written = {out["path"]: (name, out["md5"]) for name, stage in stages.items() for out in stage.get("outs", [])}
    if path not in written:
        known = ", ".join(sorted(written)) or "nothing"
        raise Refused(f"dvc.lock has no entry for {path}; it knows {known}. Build it: dvc repro, then commit dvc.lock.")
    name, md5 = written[path]
    inputs = tuple((dep["path"], dep["md5"]) for dep in stages[name].get("deps", []) if dep["path"] in written)
    return Output(path, md5, name, _stored(path, name, root), inputs)


def bring(output: Output, root: Path, say: Callable[[str], None]) -> None:
    """Pull ``output``, or build it with nothing but its own stage. Raises Refused with DVC's reason."""
    if output.stored:
        say(f"Pulling {output.path} …")
        _run(["pull", output.path], output, root, say)
        return
    say(f"Building {output.path} with the DVC stage {output.stage} …")
    for path, md5 in output.inputs:
        if (root / path).is_file() and md5_of(root / path) != md5:
            forget(path, md5, root)
    before = (root / "dvc.lock").read_bytes()
    _run(["repro", "--single-item", "--pull", output.stage], output, root, say)
    if (root / "dvc.lock").read_bytes() != before:
        (root / "dvc.lock").write_bytes(before)
        (root / output.path).unlink(missing_ok=True)
        raise ArtifactMismatch(
            f"Building {output.path} changed dvc.lock: the code, the parameters or the result of the stage "
            f"{output.stage} are not those recorded there. dvc.lock is as before and nothing was measured. Go back to "
            f"the committed files (git status), or, if the change is yours, run: dvc repro {output.stage}"
        )


def forget(path: str, md5: str, root: Path) -> None:
    """Drop the workspace copy, and the cached object where it is damaged: DVC has to fetch or build again."""
    (root / path).unlink(missing_ok=True)
    cached = Path(_dvc(["cache", "dir"], root).stdout.strip()) / "files" / "md5" / md5[:2] / md5[2:]
    if cached.is_file() and md5_of(cached) != md5:
        cached.unlink()


def md5_of(path: Path) -> str:
    """DVC's own checksum, as in dvc.lock."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _stored(path: str, stage: str, root: Path) -> bool:
    outs = _read(root / "dvc.yaml").get("stages", {}).get(stage, {}).get("outs", [])
    return not any(isinstance(out, dict) and out.get(path, {}).get("push") is False for out in outs)


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise Refused(f"{path} is missing: models and data sets are described there. Use a complete clone.")
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def _run(arguments: list[str], output: Output, root: Path, say: Callable[[str], None]) -> None:
    """Run DVC to its end; waits while another DVC command of the user's holds the repository."""
    deadline = time.monotonic() + PATIENCE_S
    done = _dvc(arguments, root)
    while "is busy" in done.stderr and time.monotonic() < deadline:
        say("Another DVC command is running here: waiting for it …")
        time.sleep(2)
        done = _dvc(arguments, root)
    if done.returncode != 0:
        (root / output.path).unlink(missing_ok=True)
        raise _mistake(done.stderr, output, root)


def _dvc(arguments: list[str], root: Path) -> subprocess.CompletedProcess[str]:
    """One DVC command, with the running Python first on PATH: it is the «python» of the stages."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "DVC_NO_ANALYTICS": "true"}
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def _mistake(stderr: str, output: Output, root: Path) -> Refused:
    """DVC's standard error as one sentence."""
    if FULL.search(stderr):
        return Refused(no_room(root / output.path))
    if "not a git repository" in stderr or "not inside of a DVC repository" in stderr:
        return Refused(
            f"{root} is not a git clone, and DVC fetches {output.path} only inside one. Clone it, or: git init"
        )
    if "Missing cache files" in stderr:
        return ArtifactMismatch(
            f"{output.path}: neither the cache nor the DVC remote holds, undamaged, the bytes that dvc.lock records "
            "(or what they are built from). Nothing was measured. Restore the remote inside the repository with: git "
            f"checkout -- artifacts/remote; a maintainer rebuilds with: dvc repro {output.stage}"
        )
    lines = [line.strip() for line in stderr.splitlines() if line.strip() and not line.startswith(("WARNING", "<http"))]
    reason = " ".join(lines[-3:]) or "it gave no reason"
    return Refused(f"DVC could not bring {output.path}: {reason} Look closer with: dvc status {output.stage}")
