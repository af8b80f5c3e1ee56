"""The environment of the running Python as a stack, for those who bring their own framework."""

import importlib.metadata
import importlib.util
import sys
from pathlib import Path

from tasks.errors import Refused
from tasks.stacks.lock import RUNNING, digest
from tasks.stacks.stack import Stack


def current(framework: str, module: str | None = None) -> Stack:
    """What is installed beside us; Refused when `module`, what the framework is imported as, is not there."""
    if module is not None and importlib.util.find_spec(module) is None:
        raise Refused(
            f"software.environment=current asks for {framework}, but {sys.executable} cannot import {module}. "
            f"Install there the line of software.packages that brings it ({sys.executable} -m pip install "
            f"<name>==<version>; python -m flows.spec show lists them), or leave software.environment=isolated."
        )
    found = {
        dist.metadata["Name"]: dist.version for dist in importlib.metadata.distributions() if dist.metadata["Name"]
    }
    installed = dict(sorted(found.items()))
    key = digest(RUNNING, [f"{name}=={version}" for name, version in installed.items()])
    return Stack(framework, key, Path(sys.executable), Path(sys.prefix), installed, None)
