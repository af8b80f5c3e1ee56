"""Two finished runs against each other. They were not interleaved: what changed between them is in the ratio."""

from pathlib import Path

from tasks.contrasts import aspects, sides
from tasks.errors import Refused
from tasks.results.contrast import Contrast, Side
from tasks.results.files import read_processes
from tasks.results.measurement import Measurement, Result
from tasks.results.recorded import read_result
from tasks.statistics import Plan, between_sessions, processes_needed


def opened(folder: Path) -> tuple[Result, Measurement]:
    """A run with its raw values, from its report's folder. Raises `Refused` for what is none."""
    try:
        return read_result(folder / "summary.json"), Measurement(read_processes(folder))
    except (OSError, ValueError, KeyError) as error:
        raise Refused(
            f"{folder} is not the report of one evaluation with its raw values: {type(error).__name__} {error}. Name a "
            "folder below reports/ that holds summary.json, environment.json, and latencies.parquet."
        ) from error


def contrast(a: Path, b: Path, metric_name: str, allow: tuple[str, ...], plan: Plan) -> Contrast:
    """What may be said. Raises `Refused` when they are not comparable."""
    metric = sides.metric_of(metric_name)
    (result_a, raw_a), (result_b, raw_b) = opened(a), opened(b)
    found = aspects.differences(result_a, result_b, metric_name)
    question, marked = aspects.judged(found, allow)
    values_a, values_b = ([sides.value(metric, p) for p in raw.timed] for raw in (raw_a, raw_b))
    times_a, times_b = ([sides.time(metric, v) for v in values] for values in (values_a, values_b))
    same_data = not any(d.aspect == "dataset" for d in found)
    accuracy, note = sides.accuracies(raw_a.only("accuracy"), raw_b.only("accuracy"), same_data)
    return Contrast(
        question, metric_name, metric.unit, side(result_a, values_a, a), side(result_b, values_b, b), found, marked,
        between_sessions(times_a, times_b, plan), _ended(times_a, times_b, plan), accuracy, note,
    )  # fmt: skip


def side(result: Result, values: list[float], folder: Path) -> Side:
    """What stands of a result in a comparison."""
    asked = result.evaluation
    return Side(result.run, asked.title, asked.software.id, asked.hw.id, tuple(values), folder, result.passed)


def _ended(a: list[float], b: list[float], plan: Plan) -> str:
    needed = processes_needed(a, b, plan)
    there = min(len(a), len(b))
    more = f"about {needed} processes a side" if needed else "more processes than can be said from these"
    enough = needed is not None and needed <= there
    advice = "" if enough else f"; {more} would make the interval as narrow as the margin, and there are {there}"
    return f"two finished runs, not interleaved: drift between their sessions is unknown{advice}"
