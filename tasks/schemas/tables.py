"""The schemas of the four raw tables (columns: tasks/results/process.py), and a table held against one.

Each contract carries the words that a failed check says after the column's name.
"""

from typing import Any, cast

import pandas as pd
import pandera.pandas as pa

from tasks.modalities import Column, judge_of
from tasks.results.measurement import Check
from tasks.results.process import STAGES

SHOWN = 5
LONGEST = 120  # letters of a text that is shown
OPTIONAL = (
    *("queue_ns", "issue_error_ns"),
    *("first_token_ns", "last_token_ns", "pause_ns", "output_tokens", "prompt_tokens"),
)
WORDS = {"field_uniqueness": "repeats", "not_nullable": "is missing", "column_in_dataframe": "no such column"}


def _at_least(least: int, words: str) -> pa.Check:
    return pa.Check.ge(least, error=words)


def latencies() -> pa.DataFrameSchema:
    """One row a query; times in ns."""
    time_ns = {f"{stage}_ns": pa.Column(int, _at_least(0, "is negative")) for stage in STAGES}
    columns = {
        "query": pa.Column(int, _at_least(0, "is negative"), unique=True),
        "warmup": pa.Column(bool),
        "samples": pa.Column(int, _at_least(1, "is not positive")),
        "start_ns": pa.Column(int),
        **time_ns,
        **{name: pa.Column(int, required=False) for name in ("waiting_ns", "point")},
        **{n: pa.Column(int, _at_least(0, "is negative"), required=False) for n in OPTIONAL},
        r"^(predict|items)\..+": pa.Column(int, _at_least(0, "is negative"), required=False, regex=True),
    }
    checks = [
        pa.Check(_starts_in_order, error="start_ns goes back in time"),
        pa.Check(_tokens_in_order, error="tokens come before the first one, or after the prediction"),
    ]
    return pa.DataFrameSchema(columns, checks=checks)


def _tokens_in_order(frame: pd.DataFrame) -> "pd.Series[bool]":
    """For every row whether the first token came no later than the last, and that within the prediction."""
    if not {"first_token_ns", "last_token_ns", "predict_ns"} <= set(frame):
        return pd.Series(True, index=frame.index)
    first, last = frame["first_token_ns"], frame["last_token_ns"]
    return (first <= last) & (last <= frame["predict_ns"])


def _starts_in_order(frame: pd.DataFrame) -> "pd.Series[bool]":
    """For every row whether it starts no earlier than the timed query before it, and the first one at 0 or later."""
    if not {"start_ns", "warmup"} <= set(frame):
        return pd.Series(True, index=frame.index)
    starts = frame.loc[~frame["warmup"].astype(bool), "start_ns"]
    return (starts.diff().fillna(starts) >= 0).reindex(frame.index, fill_value=True)


def predictions(modality: str, dataset: Any) -> pa.DataFrameSchema:
    """One row a sample, as the modality describes its columns (`tasks/modalities`)."""
    judge = judge_of(modality)
    own = judge.columns(dataset) if judge else {}
    return pa.DataFrameSchema({
        "sample": pa.Column(int, _at_least(0, "is negative"), unique=True),
        "file": pa.Column(str),
        "group": pa.Column(str),
        **{name: _column(column) for name, column in own.items()},
        "finite": pa.Column(bool, pa.Check.eq(True, error="is False: NaN or infinite output")),
    })  # fmt: skip


def _column(described: Column) -> pa.Column:
    low, high, said = described.low, described.high, described.outside
    if low is not None and high is not None:
        checks = [pa.Check.in_range(low, high, error=said or f"is outside {low:g} … {high:g}")]
    else:
        checks = [pa.Check.ge(low, error=said or f"is below {low:g}")] if low is not None else []
        checks += [pa.Check.le(high, error=said or f"is above {high:g}")] if high is not None else []
    return pa.Column(described.kind, checks, nullable=described.nullable, required=described.required)


def agreement() -> pa.DataFrameSchema:
    """One row an output for synthetic inputs; error and std are NaN without a reference."""
    return pa.DataFrameSchema({
        "output": pa.Column(str),
        "elements": pa.Column(int, _at_least(0, "is negative")),  # of a detector that finds nothing
        "finite": pa.Column(bool, pa.Check.eq(True, error="is False: NaN or infinite output")),
        **{name: pa.Column(float, nullable=True) for name in ("spread", "error", "std")},
    })  # fmt: skip


def spans() -> pa.DataFrameSchema:
    """One row a span; times in ns of one clock."""
    ends = pa.Check(lambda f: f["end_ns"] >= f["start_ns"], error="end_ns lies before start_ns")
    columns = {"name": pa.Column(str), "level": pa.Column(str), "start_ns": pa.Column(int), "end_ns": pa.Column(int)}
    return pa.DataFrameSchema(columns, checks=ends)


def inputs() -> pa.DataFrameSchema:
    """One row a sample and channel of pre-processed inputs; NaN is left to the contract of the values."""
    numbers = {name: pa.Column(float, nullable=True) for name in ("low", "high", "mean", "std")}
    keys = {name: pa.Column(int, _at_least(0, "is negative")) for name in ("sample", "channel")}
    columns = {**keys, "shape": pa.Column(str), "dtype": pa.Column(str), **numbers}
    return pa.DataFrameSchema(columns, unique=["sample", "channel"])


def check_table(name: str, frame: pd.DataFrame, schema: pa.DataFrameSchema) -> Check:
    """Every contract at once; a failed one is a sentence with how many rows of how many, and at most five of them."""
    if frame.empty:
        return Check(name, False, f"{name}: the table is empty")
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        return _failed(name, frame, errors.failure_cases)
    return Check(name, True, f"{name}: {len(frame)} rows hold every contract")


def _failed(name: str, frame: pd.DataFrame, cases: pd.DataFrame) -> Check:
    # checks across columns stumble over a missing or mistyped one and say nothing new
    of_columns = cases[cases["schema_context"] == "Column"]
    missing = cases[cases["check"] == "column_in_dataframe"]
    telling = pd.concat([missing, of_columns]) if len(missing) + len(of_columns) else cases
    sentences = [_sentence(key, part, len(frame)) for key, part in _by_contract(telling)]
    at = [int(i) for i in telling["index"].dropna().unique() if i in frame.index][:SHOWN]
    return Check(name, False, f"{name}: {'; '.join(sentences)}", rows(frame.loc[at]))


def _by_contract(cases: pd.DataFrame) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    across = cases["schema_context"] != "Column"
    column = cases["column"].where(~across, "").astype(str)
    grouped = cases.groupby([column, cases["check"].astype(str)], sort=False)
    return [(cast("tuple[str, str]", key), part) for key, part in grouped]


def _sentence(key: tuple[str, str], cases: pd.DataFrame, total: int) -> str:
    column, check = key
    if check == "column_in_dataframe":
        return f"there is no column {', '.join(map(str, cases['failure_case']))}"
    if check.startswith("dtype("):
        return f"{column} is of type {cases['failure_case'].iloc[0]}, not {check[7:-2]}"
    subject = f"{column} {WORDS.get(check, check)}".strip()
    return f"{subject} in {cases['index'].nunique()} of {total} rows"


def rows(frame: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """At most five rows as plain dictionaries."""
    plain = frame.head(SHOWN).to_dict("records")
    return tuple({str(k): _short(v.item() if hasattr(v, "item") else v) for k, v in row.items()} for row in plain)


def _short(value: Any) -> Any:
    """A vector that is written as text is not for reading."""
    return f"{value[:LONGEST]}…" if isinstance(value, str) and len(value) > LONGEST else value
