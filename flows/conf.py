"""The files of conf/, and of the folders beside it that a plug-in brings: the options of a group, by name."""

import os
from pathlib import Path

from tasks import ROOT
from tasks.errors import Refused

CONF = ROOT / "conf"
ALSO = "TOUCHSTONE_CONF"  # folders like it, of plug-ins that lie elsewhere; separated as in PATH


def options(group: str) -> list[str]:
    """The option names of a Hydra group."""
    return sorted({p.stem for folder in (CONF, *also()) for p in (folder / group).glob("*.yaml")})


def manifest(group: str, option: str) -> Path:
    """The file of an option; ours before anybody else's."""
    found = (folder / group / f"{option}.yaml" for folder in (CONF, *also()))
    return next((path for path in found if path.exists()), CONF / group / f"{option}.yaml")


def also() -> list[Path]:
    """The folders beside ours. Raises `Refused` for one that is not there."""
    folders = [Path(name).resolve() for name in os.environ.get(ALSO, "").split(os.pathsep) if name]
    if strange := [folder for folder in folders if not folder.is_dir()]:
        raise Refused(f"{ALSO} names {strange[0]}, which is no folder. It holds software/<name>.yaml and the like.")
    return folders


def relative(path: Path) -> str:
    """A path as its user would type it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
