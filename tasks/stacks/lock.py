"""A lock: the complete list of what an environment holds, as plain `name==version` lines, for one version of Python.

Text or lines go in, a validated frozen Lock comes out. It names no index and no build: which wheel of a version is
installed belongs to the machine, and what was installed is recorded by the build.
"""

import hashlib
import platform
import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import Refused

LINE = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)==([0-9][A-Za-z0-9.!]*)")
PYTHON = re.compile(r"#\s*python\s*(?:==)?\s*([0-9][0-9.]*)\s*", re.IGNORECASE)
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
OLDEST = 9  # of Python 3, on which our lean packages run


@dataclass(frozen=True)
class Lock:
    """Exact versions for one Python; refuses every line that is not `name==version`, all at once."""

    python: str
    packages: tuple[str, ...]

    def __post_init__(self) -> None:
        wrong = [f"python {self.python!r} (write it as '3.11')"] if not re.fullmatch(r"3\.\d+", self.python) else []
        wrong += [f"{line!r} ({why})" for line in self.packages if (why := fault(line))]
        names = Counter(canonical(line) for line in self.packages if not fault(line))
        wrong += [f"{name!r} (more than once)" for name, count in names.items() if count > 1]
        if wrong:
            raise Refused(f"This lock is not one: {'; '.join(wrong)}. A lock is plain lines of name==version.")

    @property
    def key(self) -> str:
        """16 hexadecimal digits of the packages, the Python, and the platform: two environments or one."""
        return digest(self.python, self.packages)


def digest(python: str, packages: Iterable[str]) -> str:
    """The key of these packages under this Python on this kind of machine; their order does not count."""
    text = "\n".join([*sorted(packages), f"python {python}", sys.platform, platform.machine()])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def canonical(line: str) -> str:
    """The name of a line as the packaging standard compares names: `Pillow_SIMD` and `pillow-simd` are one."""
    return re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower()


def is_cuda(line: str) -> bool:
    """Whether a line is one of CUDA's libraries, which a build for CUDA brings: 2 GB or more of them."""
    return canonical(line).startswith("nvidia-") and canonical(line) != "nvidia-ml-py"  # reads counters, holds none


def fault(line: str) -> str:
    """Why this line cannot stand in a lock, or ""."""
    if LINE.fullmatch(line):
        return ""
    checks = (
        (line.startswith("-"), "an option"),
        ("://" in line or "@" in line, "an address"),
        (";" in line, "a condition: a lock is for one Python and one platform"),
        ("[" in line, "an extra: list what it brings as lines of their own"),
        ("+" in line, "a local version: leave out what follows the plus sign"),
        ("==" not in line or "*" in line or "," in line, "not one exact version"),
    )
    return next((why for found, why in checks if found), "not name==version")


def parse(text: str, python: str | None = None) -> Lock:
    """A lock from its text; comments and empty lines are allowed.

    Its Python is `python`, else what a first line `# python 3.11` says, else the running one.
    """
    lines = [line.strip() for line in text.splitlines()]
    said = PYTHON.fullmatch(lines[0]) if lines else None
    bare = (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines)
    return Lock(python or (said.group(1) if said else RUNNING), tuple(line for line in bare if line))


def read(path: Path) -> Lock:
    """A lock from its file; a mistake names the file."""
    try:
        return parse(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise Refused(f"The lock {path} cannot be read: {error.strerror}.") from None
    except Refused as mistake:
        raise Refused(f"{path}: {mistake}") from None
