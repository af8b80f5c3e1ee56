"""PostgreSQL that others share: is it there, and one process at a time in one of its databases; no password in a text.

In: a URL as Prefect or MLflow takes it. Knows neither of them.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tasks.errors import Refused, TouchstoneError

PATIENCE_S, LOOK_S = 5, 0.1
LOCK = 0x70756368  # any number that no other program's advisory lock has
_PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):\S*@|(?<=password=)[^\s&]+")


def masked(text: str) -> str:
    """The text without the passwords of the URLs in it."""
    return _PASSWORD.sub(lambda found: f"{found[1]}:***@" if found[1] is not None else "***", text)


def shared(url: str) -> bool:
    """Whether the URL is of PostgreSQL, which drivers on several machines may use at once."""
    return url.startswith("postgres")


@contextmanager
def alone(url: str) -> Iterator["Database"]:
    """Hold that database for the block, against every machine. Raises `TouchstoneError` when it cannot be reached."""
    connection = _connected(url)
    try:
        with connection.cursor() as cursor:
            while not _claimed(cursor):
                time.sleep(LOOK_S)
            yield Database(masked(url), cursor)
    finally:
        connection.close()  # gives the lock back


def _claimed(cursor: Any) -> bool:
    """Asked again and again: a query that waits is a transaction, for which `create index concurrently` would wait."""
    cursor.execute("select pg_try_advisory_lock(%s)", (LOCK,))
    return bool(cursor.fetchone()[0])


def require(url: str) -> None:
    """Raise `TouchstoneError` when it cannot be reached."""
    _connected(url).close()


class Database:
    """What is asked of a database while it is held."""

    def __init__(self, name: str, cursor: Any) -> None:
        self.name, self.cursor = name, cursor

    def made_for(self, program: str, table: str) -> bool:
        """Whether it is that program's, by one of its tables; False when it is empty. Raises `Refused` otherwise."""
        if self._has(table):
            return True
        if self._has("alembic_version"):  # both keep their version in a table of that name
            raise Refused(f"{self.name} is another program's database. {program} needs one of its own: createdb <name>")
        return False

    def _has(self, table: str) -> bool:
        self.cursor.execute("select to_regclass(%s) is not null", (table,))
        return bool(self.cursor.fetchone()[0])


def _connected(url: str) -> Any:
    import psycopg2
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parts = make_url(url)
        said = {k: v for k, v in parts.query.items() if k.startswith("ssl") and k != "ssl"}
        if "ssl" in parts.query:  # as asyncpg has it
            said["sslmode"] = parts.query["ssl"]
        made = psycopg2.connect(
            host=parts.host, port=parts.port, user=parts.username, password=parts.password, dbname=parts.database,
            connect_timeout=PATIENCE_S, **said,
        )  # fmt: skip
        made.autocommit = True
        return made
    except (psycopg2.Error, ArgumentError) as error:
        reason = masked(str(error)).splitlines()[0]
        raise TouchstoneError(f"PostgreSQL at {masked(url)} cannot be reached: {reason}") from error
