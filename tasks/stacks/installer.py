"""uv, told what pip was told: indexes, find-links, certificates and the rest, which uv does not read by itself.

Standard library only, so that a bare Python can fill the project's own environment before anything else is there:
`python -m tasks.stacks.installer requirements.lock` installs that lock, then the project, into the environment of the
Python that runs it. Knows nothing of the cache, and prints no setting: an index address may hold a password.
"""

import ast
import importlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tasks.errors import BuildFailed, TouchstoneError
from tasks.stacks.relay import relay

ROOT = Path(__file__).resolve().parents[2]
# The later wins, as in pip: a setting in its environment hides the one in its files.
SECTIONS = ("global", "install", ":env:")
YES = ("1", "true", "yes", "on")


def uv_binary() -> str:
    """The uv of this environment, else the one on PATH."""
    try:
        return str(importlib.import_module("uv").find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found is None:
        raise BuildFailed(
            f"uv is not there, neither in {sys.prefix} nor on PATH. Run: {sys.executable} -m pip install uv"
        )
    return found


def pip_settings() -> dict[str, str]:
    """What pip would go by, from its files and its environment; only the PIP_* variables where there is no pip."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        names = {name: name.removeprefix("PIP_").replace("_", "-").lower() for name in os.environ if name[:4] == "PIP_"}
        return {setting: os.environ[name] for name, setting in names.items()}
    return parse_settings(listing.stdout)


def parse_settings(listing: str) -> dict[str, str]:
    """`pip config list` as a dictionary: setting to value, the section that pip prefers winning."""
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listing.splitlines():
        key, _, quoted = line.partition("=")
        section, _, setting = key.partition(".")
        if section in found and setting:
            found[section][setting] = _unquoted(quoted)
    return {setting: value for section in SECTIONS for setting, value in found[section].items()}


def _unquoted(text: str) -> str:
    try:
        return str(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text


def uv_flags(settings: Mapping[str, str]) -> list[str]:
    """The flags of `uv pip install` for these pip settings; places on this disk that do not exist are left out."""
    # pip takes the best version from any index and link; uv by default stops at the first index that has the name.
    flags = ["--index-strategy", "unsafe-best-match"]
    if settings.get("no-index", "").lower() in YES:
        flags.append("--no-index")
    for place in _places(settings, "find-links"):
        flags += ["--find-links", place]
    for host in settings.get("trusted-host", "").split():
        flags += ["--allow-insecure-host", host]
    return flags


def uv_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv. Indexes go here, not into the flags: every user of a machine can read a command line."""
    wanted = {
        "UV_INDEX_URL": " ".join(_places(settings, "index-url")),
        "UV_EXTRA_INDEX_URL": " ".join(_places(settings, "extra-index-url")),
        "UV_HTTP_TIMEOUT": settings.get("timeout", settings.get("default-timeout", "")),
        "HTTPS_PROXY": settings.get("proxy", ""),
        "HTTP_PROXY": settings.get("proxy", ""),
    }
    own = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    # What a user told uv itself counts more than what they told pip; for certificates pip's word is the more specific.
    environment = {**{name: value for name, value in wanted.items() if value}, **own, "NO_COLOR": "1"}
    for variable, setting in (("SSL_CERT_FILE", "cert"), ("SSL_CLIENT_CERT", "client-cert")):
        if Path(settings.get(setting, "")).is_file():
            environment[variable] = str(Path(settings[setting]).absolute())
    return environment


def _places(settings: Mapping[str, str], setting: str) -> list[str]:
    found = (_place(entry) for entry in settings.get(setting, "").split())
    return [place for place in found if place is not None]


def _place(entry: str) -> str | None:
    if "://" in entry and not entry.startswith("file://"):
        return entry
    path = Path(entry.removeprefix("file://")).expanduser().absolute()
    if not path.exists():
        return None
    return f"file://{path}" if entry.startswith("file://") else str(path)


def install(python: str, what: Sequence[str], say: Callable[[str], None], keep_open: Sequence[int] = ()) -> str:
    """Install exactly `what` (arguments of `uv pip install`, no dependencies) into the environment of `python`.

    Returns "" or the reason that uv gives; `keep_open` are file descriptors that uv holds while it lives.
    """
    settings = pip_settings()
    command = [uv_binary(), "pip", "install", "--no-progress", "--python", python, "--no-deps", "--compile-bytecode"]
    command += ["--link-mode", "hardlink", *uv_flags(settings), *what]
    return relay(command, uv_environment(settings), say, keep_open)


def main(arguments: Sequence[str]) -> int:
    """Fill the running environment with a lock, then with the project itself; 0, or 2 and a sentence."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        print("Usage: python -m tasks.stacks.installer LOCKFILE, where LOCKFILE exists", file=sys.stderr)
        return 2
    try:
        _fill(arguments[0], time.monotonic())
    except TouchstoneError as mistake:
        print(mistake, file=sys.stderr)
        return mistake.exit_code
    return 0


def _fill(lock_file: str, started: float) -> None:
    print(f"Installing {lock_file} into {sys.prefix} …", flush=True)
    # The lock holds setuptools: building the project with it needs neither an index nor a second environment.
    project = ["--no-build-isolation", "--editable", str(ROOT)]
    for what in (["--requirements", lock_file], project):
        if reason := install(sys.executable, what, lambda line: print(f"  {line}", flush=True)):
            raise BuildFailed(f"{what[-1]} cannot be installed into {sys.prefix}: {reason}")
    print(f"… ready in {time.monotonic() - started:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
