"""What a result's or a sweep's page in Prefect says: a table, a few lines, a link, a bar; as plain data.

In: a `Result` or `Sweep`. Out: `Card`s. Knows nothing of Prefect but that a key holds a-z, 0-9, and dashes, and that
the cards of one key are shown as a history: the same question has the same key.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from tasks.reporting import gate, words
from tasks.reporting.headline import caption, rightness, rightnesses
from tasks.reporting.numbers import NONE, shown
from tasks.results.measurement import Estimate, Result, Sweep

OF_A_CELL = {
    "predict_p50_ms": "predict p50",
    "predict_p99_ms": "predict p99",
    "throughput_per_s": "throughput",
}


@dataclass(frozen=True)
class Card:
    """One artifact. ``data``: Markdown, a list of rows, or per cent done."""

    key: str
    kind: Literal["table", "markdown", "progress"]
    data: Any
    description: str = ""


def cards(result: Result) -> Iterator[Card]:
    """Numbers, what was asked and what came of it, and where MLflow shows it."""
    asked = result.evaluation
    key = _key(asked.title, asked.software.id, asked.scenario.id)
    if result.metrics:
        yield Card(f"{key}-numbers", "table", [_row(n, e) for n, e in result.metrics.items()], _line(result))
    yield Card(f"{key}-asked", "markdown", "\n".join(_asked(result)), _line(result))
    if "link" in result.mlflow:
        text = f"[{result.run} in MLflow]({result.mlflow['link']})"
        yield Card(f"{key}-mlflow", "markdown", text, _line(result))


def sweep_cards(sweep: Sweep) -> Iterator[Card]:
    """How far it is, one row a cell, and where MLflow compares them."""
    key, done = sweep_key(sweep), len(sweep.cells)
    failed = sum(not cell.passed for cell in sweep.cells)
    told = f"{sweep.run}: {done} of {sweep.expected} evaluations" + (f", {failed} failed" if failed else "")
    headings = {**{name: caption(name) for name in rightnesses(sweep.cells)}, **OF_A_CELL}
    yield Card(f"{key}-progress", "progress", round(100 * done / sweep.expected, 1), told)
    yield Card(f"{key}-cells", "table", [_cell(cell, headings) for cell in sweep.cells], told)
    if "link" in sweep.mlflow:
        yield Card(f"{key}-mlflow", "markdown", f"[{sweep.run} side by side in MLflow]({sweep.mlflow['link']})", told)


def sweep_key(sweep: Sweep) -> str:
    """The same for the same request, whenever it is asked."""
    asked = hashlib.sha256(json.dumps(sweep.asked, sort_keys=True).encode()).hexdigest()
    return f"sweep-of-{sweep.expected}-{asked[:8]}"


def _row(name: str, estimate: Estimate) -> dict[str, str]:
    one = shown(estimate)
    return {
        "metric": name,
        "value": one.full,
        "95 % interval": one.interval or NONE,
        "n": f"{estimate.n:,}",
        "note": estimate.note,
    }


def _cell(cell: Result, headings: dict[str, str]) -> dict[str, str]:
    asked = cell.evaluation
    numbers = {heading: cell.metrics.get(name) for name, heading in headings.items()}
    return {
        "evaluation": asked.title,
        "software": asked.software.id,
        "hardware": asked.hw.id,
        "host": str(cell.placement.get("host", NONE)),
        "scenario": asked.scenario.id,
        **{heading: shown(e).full if e else NONE for heading, e in numbers.items()},
        "state": words.state(cell),
        **({"expected": cell.expected} if cell.budgets else {}),
        "reason": cell.failure,
    }


def _line(result: Result) -> str:
    """State, the two numbers that matter, and the host: what tells one version from the next."""
    right = rightness(result)
    found = (result.metrics.get(name) for name in (right, "predict_p50_ms"))
    value, latency = (shown(e).full if e else NONE for e in found)
    what = "top 1" if right == "accuracy_top1" else caption(right)
    host = result.placement.get("host", "?")
    return f"{words.state(result)} · {what} {value} · p50 {latency} · on {host} · {result.started_at}"


def _asked(result: Result) -> Iterator[str]:
    yield f"## {result.evaluation.title}: {words.state(result)}"
    yield "| | |\n|---|---|"
    for name, of in (("software", words.software), ("hardware", words.hardware), ("scenario", words.scenario)):
        yield f"| {name} | {_escaped(of(result))} |"
    yield f"| measured | {result.started_at} as `{result.run}` |"
    yield f"| report | `{result.folder / 'index.html'}` |"
    if "link" not in result.mlflow and result.mlflow:
        yield f"| MLflow | run `{result.mlflow['run_id']}`; `make ui` shows it |"
    yield ""
    if result.failure:
        yield f"**{_escaped(result.failure)}**\n"
    yield from (f"- **failed**: {_escaped(c.sentence)}" for c in result.verdict.checks if not c.passed)
    for b in result.budgets:
        yield f"- **{b.outcome}**: {_escaped(f'expected {gate.asked(b)}, seen {gate.seen(b)} {b.reason}')}"
    for finding in result.findings:
        yield f"- **{finding.severity}**: {_escaped(f'{finding.sentence} {finding.way_out}')}"
    yield f"\nAsk for it again:\n```\n{words.command(result)}\n```"


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]|<>#])", r"\\\1", " ".join(text.split()))


def _key(*parts: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", " ".join(parts).lower()).strip("-")
