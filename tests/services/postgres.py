"""A real PostgreSQL server on a free loopback port, in a temporary folder, with a password; as an unprivileged user."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDERS = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
PATH = os.pathsep.join([*map(str, FOLDERS), os.environ.get("PATH", "")])
MISSING = [name for name in ("initdb", "pg_ctl", "postgres") if not shutil.which(name, path=PATH)]
REASON = f"no PostgreSQL here: {', '.join(MISSING)} neither on PATH nor under /usr/lib/postgresql/*/bin"
USER, PASSWORD = "touchstone", "s3cret-word"


def _account() -> dict[str, str]:
    """Whom it runs as: it refuses root."""
    if os.getuid():
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    return {"user": "postgres" if "postgres" in names else "nobody"}


class Postgres:
    """One server; ``url`` names a database of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        secret = folder / "secret"
        secret.write_text(PASSWORD)
        if account := _account():
            shutil.chown(folder, **account)
            shutil.chown(secret, **account)
        self._run("initdb", "-D", self.data, "-U", USER, "-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync")
        self.start()

    @property
    def data(self) -> str:
        return str(self.folder / "data")

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder} -c fsync=off"
        self._run("pg_ctl", "-D", self.data, "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def kill(self) -> None:
        """At once, as when the machine is lost."""
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def url(self, database: str, driver: str = "postgresql") -> str:
        return f"{driver}://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def create(self, *names: str) -> None:
        for name in names:
            self.ask("postgres", f"create database {name}")

    def ask(self, database: str, query: str) -> list[tuple]:  # type: ignore[type-arg]
        import psycopg2

        connection = psycopg2.connect(self.url(database))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def _run(self, *words: str) -> None:
        done = subprocess.run(
            words, env={**os.environ, "PATH": PATH}, cwd="/", stdin=-3, stdout=-3, stderr=subprocess.STDOUT,
            check=False, **_account(),
        )  # fmt: skip
        assert done.returncode == 0, f"{' '.join(words)} ended with {done.returncode}; see {self.folder}"


@contextmanager
def postgres() -> Iterator[Postgres]:
    """For the block; nothing is left."""
    folder = Path(tempfile.mkdtemp(prefix="touchstone-pg-", dir="/tmp"))
    made = Postgres(folder)
    try:
        yield made
    finally:
        try:
            made.kill()
        except AssertionError:
            pass  # it is down
        shutil.rmtree(folder, ignore_errors=True)
