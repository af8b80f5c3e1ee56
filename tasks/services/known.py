"""What runs on this machine for this clone, as a file; and who uses it, as a lock that its user's end gives back."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import psutil

from tasks.services.settings import FOLDER

STATE, USERS, KEEPER = FOLDER / "services.json", FOLDER / "users", FOLDER / "keeper"
ASK = FOLDER / "ask"
PINNED = FOLDER / "pinned.json"  # the services that `up` asked to stay


@dataclass(frozen=True)
class Service:
    """One process and its address. ``failed`` says why it cannot be had; ``database``: other than this clone's own."""

    name: str
    pid: int
    began: float
    address: str
    ready: bool = False
    failed: str = ""
    database: str = ""

    @property
    def alive(self) -> bool:
        """The process is there, and is the one that was started."""
        try:
            process = psutil.Process(self.pid)
            return process.create_time() == self.began and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def read() -> dict[str, Service]:
    """Name → service, as the keeper last wrote it."""
    try:
        return {name: Service(**fields) for name, fields in json.loads(STATE.read_text()).items()}
    except (OSError, ValueError, TypeError):
        return {}


def write(services: dict[str, Service]) -> None:
    """Whole or not at all."""
    partial = STATE.with_name(f".{STATE.name}.{os.getpid()}")
    partial.write_text(json.dumps({name: asdict(service) for name, service in services.items()}))
    os.replace(partial, STATE)


def up() -> dict[str, Service]:
    """Those that answer."""
    return {name: service for name, service in read().items() if service.ready and service.alive}


def address(name: str) -> str:
    """Where that service answers, or nothing where it is not up."""
    found = up().get(name)
    return found.address if found else ""


def pinned() -> list[str]:
    """What `up` asked to stay, also without a run."""
    try:
        return list(json.loads(PINNED.read_text()))
    except (OSError, ValueError):
        return []


@contextmanager
def in_use() -> Iterator[None]:
    """The services do not end while the block lives, nor while its process does."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with USERS.open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield


@contextmanager
def unused() -> Iterator[bool]:
    """True, and nobody comes in while the block lives; False when somebody uses them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with USERS.open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def kept() -> bool:
    """Whether a keeper is there."""
    if not KEEPER.exists():
        return False
    with KEEPER.open("a") as keeper:
        try:
            fcntl.flock(keeper, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def ask() -> None:
    """Let the keeper look at once for what is deployed."""
    ASK.touch()


def asked() -> bool:
    """Whether somebody wants that; says so once."""
    try:
        ASK.unlink()
    except FileNotFoundError:
        return False
    return True
