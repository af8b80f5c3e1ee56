"""Filters over recorded runs: `model=resnet50 software=onnxruntime since=7d scenario.batch_size=8`.

In: a frame and the filters as text. Out: the rows that satisfy all. A mistake is one sentence with what there is.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pandas as pd

from tasks import plugins
from tasks.errors import Refused

AGO = re.compile(r"(\d+)([dh])")


def select(runs: pd.DataFrame, filters: Mapping[str, str]) -> pd.DataFrame:
    """Every filter's values: one, or several in brackets. A model is also named without its weights and data."""
    for column, value in filters.items():
        if column == "since":
            runs = runs[runs["started"] >= since(value)]
            continue
        texts = runs[column].astype(str)
        found = texts.isin(listed(value))
        if column == "model":
            found |= runs["model_id"].isin(listed(value)) | texts.str.split(" on ").str[0].isin(listed(value))
        if len(runs) and not found.any():
            raise Refused(f"{column}={value}: {plugins.unknown(column, value, sorted(set(texts)))}")
        runs = runs[found]
    return runs


def listed(value: str) -> list[str]:
    """`a` and `[a, b]` as lists."""
    inside = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    return [part.strip() for part in inside.split(",") if part.strip()]


def since(value: str, now: datetime | None = None) -> datetime:
    """`2026-11-01`, `2026-11-01T12:00`, `7d`, or `12h`."""
    if ago := AGO.fullmatch(value):
        number = int(ago[1])
        return (now or datetime.now(UTC)) - (timedelta(days=number) if ago[2] == "d" else timedelta(hours=number))
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise Refused(f"since={value} is no time. Give a date such as 2026-11-01, or 7d, or 12h.") from error
    return at if at.tzinfo else at.astimezone()
