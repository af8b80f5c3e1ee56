"""The working tree as it is, in another folder: a clone with what is changed and new, without what is built."""

import shutil
import subprocess
from pathlib import Path

from tasks import ROOT


def working_copy(clone: Path) -> Path:
    """Clone this repository and bring over what is not committed yet."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    for name in {*_git("diff", "--name-only", "HEAD"), *_git("ls-files", "--others", "--exclude-standard")}:
        (clone / name).unlink(missing_ok=True)
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)
    return clone


def _git(*words: str) -> list[str]:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
