"""One self-contained HTML file for a result or a sweep: no network, light and dark, readable on a phone.

In: a `Result` or `Sweep` and the folder to write into. Out: the path of `index.html`.
"""

import json
import os
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tasks.reporting import gate, words
from tasks.reporting.figures import figures
from tasks.reporting.numbers import seconds, shown
from tasks.reporting.summary import jsonable, write_text
from tasks.results.measurement import Estimate, Result, Sweep

HERE = Path(__file__).parent
LATENCIES = ("predict_p50_ms", "predict_trimmed_mean_ms")
CELL = ("accuracy_top1", "predict_p50_ms", "throughput_per_s")
CAPTIONS = {
    "accuracy_top1": "accuracy, top 1",
    "predict_p50_ms": "predict latency, median",
    "predict_trimmed_mean_ms": "predict latency, trimmed mean",
    "throughput_per_s": "throughput",
}


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
    )
    return fill(
        "page.html.j2",
        result=result, asked=asked, state=words.state(result), command=words.command(result),
        key_numbers=_key_numbers(result.metrics), rows=rows, steps=_bars(result.steps_s),
        budgets=[(b.outcome, gate.asked(b), gate.seen(b), b.reason) for b in result.budgets],
        drawings=[(d.title, d.caption, Markup(d.svg)) for d in figures(result)],
        recorded={
            "environment": words.environment(result), "placement": result.placement, "software stack": result.stack,
            "artifacts": result.artifacts, "hashes": result.hashes,
        },
        specification=result.evaluation.model_dump(mode="json"),
    )  # fmt: skip


def _key_numbers(metrics: dict[str, Estimate]) -> list[tuple[str, Any, Estimate]]:
    """The three numbers that matter, as far as they were measured and may be stated."""
    latency = next((n for n in LATENCIES if n in metrics and metrics[n].value is not None), LATENCIES[0])
    names = [n for n in ("accuracy_top1", latency, "throughput_per_s") if n in metrics]
    return [(CAPTIONS[n], shown(metrics[n]), metrics[n]) for n in names]


def _bars(steps_s: dict[str, float]) -> list[tuple[str, str, float]]:
    """Name, duration in words, and length of the bar in %."""
    longest = max(steps_s.values(), default=0.0) or 1.0
    return [(name, seconds(value), 100 * value / longest) for name, value in steps_s.items()]


def _sweep(sweep: Sweep, folder: Path) -> str:
    cells = [
        {
            "result": cell,
            "state": words.state(cell),
            "host": cell.placement.get("host", "") if words.hosts(sweep) > 1 else "",
            "link": Path(os.path.relpath(cell.folder, folder), "index.html").as_posix(),
            "numbers": [shown(cell.metrics[n]) if n in cell.metrics else None for n in CELL],
        }
        for cell in sweep.cells
    ]
    return fill("sweep.html.j2", sweep=sweep, cells=cells, captions=[CAPTIONS[n] for n in CELL])


def fill(template: str, **values: Any) -> str:
    """Everything is escaped but what is Markup; a name that a template misses is an error."""
    loader = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    loader.filters["pretty"] = lambda value: json.dumps(jsonable(value), indent=2, ensure_ascii=False)
    return loader.get_template(template).render(**values)
