"""Whether a lock is the whole list, asked of uv's resolver before anything is downloaded.

A Python and packages go in; what contradicts itself, or what is lacking, comes out. Where the resolver has no answer
(no network), both are empty: the installation will say what is wrong.
"""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.stacks.installer import pip_settings, uv_binary, uv_environment, uv_flags
from tasks.stacks.lock import canonical, is_cuda
from tasks.stacks.relay import reason

CONTRADICTION, OFFLINE = "No solution found", "network was disabled"
SHOWN = 5


@dataclass(frozen=True)
class Lack:
    """A line that the lock needs, and the packages that need it."""

    line: str
    needed_by: str


@dataclass(frozen=True)
class Answer:
    """What the resolver says of a lock: why it cannot be, or which lines it lacks."""

    contradiction: str = ""
    lacks: tuple[Lack, ...] = ()


def asked(python: str, packages: Sequence[str]) -> Answer:
    """The resolver's answer for this interpreter; it reads what packages say of themselves, and downloads none."""
    settings = pip_settings()
    command = [uv_binary(), "pip", "compile", "-", "--python", python, "--no-header", "--annotation-style", "line"]
    done = subprocess.run(
        [*command, "--quiet", *uv_flags(settings)],
        input="\n".join(packages),
        env=uv_environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        contradicts = CONTRADICTION in done.stderr and OFFLINE not in done.stderr
        return Answer(reason(done.stderr) if contradicts else "")
    return Answer(lacks=_added(done.stdout, {canonical(line) for line in packages}))


def _added(listing: str, known: set[str]) -> tuple[Lack, ...]:
    """Lines such as «six==1.17.0   # via python-dateutil» whose name is not known yet, without a local version."""
    found = re.findall(r"(?m)^(\S+==[^\s+]+)\S*(?:\s+# via (.*))?$", listing)
    return tuple(Lack(line, by) for line, by in found if canonical(line) not in known)


def incomplete(lacks: Sequence[Lack]) -> str:
    """The sentence for what is lacking, with the way out."""
    telling = sorted(lacks, key=lambda lack: not is_cuda(lack.line))
    shown = "; ".join(f"{lack.line} (for {lack.needed_by})" for lack in telling[:SHOWN])
    more = f"; and {len(lacks) - SHOWN} more" if len(lacks) > SHOWN else ""
    way = CUDA if is_cuda(telling[0].line) else LOCK
    return f"its lock is not complete. It lacks {shown}{more}. {way} Nothing was downloaded."


LOCK = "Add these lines; CONTRIBUTING.md has the command that lists them all."
CUDA = (
    "The first are CUDA's libraries, gigabytes of them: no other build of this version is here. For a CPU, take a "
    "version with a CPU build, or point pip at one (PIP_FIND_LINKS or PIP_EXTRA_INDEX_URL); for a GPU, add the lines "
    "and set software.devices=[cuda]."
)
