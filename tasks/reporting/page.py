"""One self-contained HTML file for a result or a sweep: no network, light and dark, readable on a phone.

In: a `Result` or `Sweep` and the folder to write into. Out: the path of `index.html`.
"""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tasks.reporting import gate, words
from tasks.reporting.comparison import compared, panel_metrics
from tasks.reporting.figures import figures
from tasks.reporting.headline import caption, headlines
from tasks.reporting.naming import names
from tasks.reporting.numbers import seconds, shown
from tasks.reporting.summary import jsonable, write_text
from tasks.results.measurement import Result, Sweep

HERE = Path(__file__).parent


def render(result: Result | Sweep, folder: Path) -> Path:
    """Write ``index.html`` into the folder, in one step."""
    path = folder / "index.html"
    write_text(path, _sweep(result, folder) if isinstance(result, Sweep) else _result(result))
    return path


def _result(result: Result) -> str:
    rows = [(name, shown(estimate), estimate) for name, estimate in result.metrics.items()]
    asked = (
        ("software", words.software(result)),
        ("hardware", words.hardware(result)),
        ("scenario", words.scenario(result)),
        *([("pipeline", told)] if (told := words.stages(result)) else []),
    )
    return fill(
        "page.html.j2",
        result=result, title=words.title(result), asked=asked, state=words.state(result), command=words.command(result),
        noise=words.environment(result).get("noise", {}), key_numbers=headlines(result),
        rows=rows, steps=_bars(result.steps_s),
        budgets=[(b.outcome, gate.asked(b), gate.seen(b), b.reason) for b in result.budgets],
        drawings=[(d.title, d.caption, Markup(d.svg)) for d in figures(result)],
        recorded={
            "environment": words.environment(result), "placement": result.placement, "software stack": result.stack,
            "artifacts": result.artifacts, "hashes": result.hashes,
        },
        specification=result.evaluation.model_dump(mode="json"),
    )  # fmt: skip


def _bars(steps_s: dict[str, float]) -> list[tuple[str, str, float]]:
    """Name, duration in words, and length of the bar in %."""
    longest = max(steps_s.values(), default=0.0) or 1.0
    return [(name, seconds(value), 100 * value / longest) for name, value in steps_s.items()]


def _sweep(sweep: Sweep, folder: Path) -> str:
    metrics = panel_metrics(sweep)
    cells = [
        {
            "result": cell,
            "name": name,
            "state": words.state(cell),
            "host": cell.placement.get("host", "") if words.hosts(sweep) > 1 else "",
            "link": Path(os.path.relpath(cell.folder, folder), "index.html").as_posix(),
            "numbers": [shown(cell.metrics[n]) if n in cell.metrics else None for n in metrics],
        }
        for cell, name in zip(sweep.cells, names(sweep), strict=True)
    ]
    states = Counter(cell["state"] for cell in cells)
    return fill(
        "sweep.html.j2",
        sweep=sweep, cells=cells, panels=compared(sweep, metrics), captions=[caption(n) for n in metrics],
        states=[(state, states[state]) for state in ("passed", "checks failed", "did not finish") if states[state]],
        command=words.sweep_command(sweep),
    )  # fmt: skip


def fill(template: str, **values: Any) -> str:
    """Everything is escaped but what is Markup; a name that a template misses is an error."""
    loader = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    loader.filters["pretty"] = lambda value: json.dumps(jsonable(value), indent=2, ensure_ascii=False)
    return loader.get_template(template).render(**values)
