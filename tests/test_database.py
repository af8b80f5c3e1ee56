"""What needs no server: texts without passwords."""

import pytest

from flows import cli
from tasks import database
from tasks.errors import Refused, TouchstoneError


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://ann:pw@host:5432/db", "postgresql://ann:***@host:5432/db"),
        ("at postgresql+asyncpg://ann:p@w@host/db: refused", "at postgresql+asyncpg://ann:***@host/db: refused"),
        ("https://ann:pw@host/mlflow", "https://ann:***@host/mlflow"),
        ("postgresql://host/db?user=ann&password=pw&sslmode=require", "postgresql://host/db?user=ann&password=***&sslmode=require"),
        ("postgresql://ann@host/db", "postgresql://ann@host/db"),
        ("http://127.0.0.1:4200/api", "http://127.0.0.1:4200/api"),
    ],
)  # fmt: skip
def test_a_password_is_masked_and_nothing_else(text: str, masked: str) -> None:
    assert database.masked(text) == masked


def test_a_recorded_uri_may_hold_no_password() -> None:
    with pytest.raises(Refused, match="MLFLOW_TRACKING_URI") as refused:
        cli.read(["+model=patchnet", "tracking.uri=postgresql://ann:pw@host/db"])
    assert "pw@" not in str(refused.value)


def test_nobody_there_is_one_sentence_within_seconds() -> None:
    with pytest.raises(TouchstoneError, match=r"cannot be reached: .*refused"):
        database.require("postgresql://ann:pw@127.0.0.1:9/db")
