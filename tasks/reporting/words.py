"""An evaluation in words: software, hardware, scenario, state, and the command that asks for it again."""

import shlex
from collections.abc import Iterator
from itertools import product
from typing import Any

from tasks import plugins
from tasks.environment import noise
from tasks.reporting.numbers import shown
from tasks.results.measurement import Result, Sweep
from tasks.specs.pipeline import Pipeline

MLPERF = ("single_stream", "multi_stream", "server", "offline")
START = ("python", "-m", "flows.evaluate")
ASPECTS = ("dataset", "software", "hw", "scenario")


def environment(result: Result) -> dict[str, Any]:
    """What the first timed process said of itself and its host, and the noise of all; {} when nothing was timed."""
    process = next(iter(result.measurement.timed), None) or next(iter(result.measurement.processes), None)
    if process is None:
        return result.environment
    kept = ("host", "process", "effective", "settings", "threads", "cpus", "simulated", "schedule", "bound")
    changes = [p.facts["counters"] for p in result.measurement.timed if p.facts.get("counters")]
    said = {name: process.facts[name] for name in kept if name in process.facts}
    return {**said, "noise": noise.judged(changes)} if changes else said


def quietness(result: Result) -> str:
    """Each counter of noise: seen, clean, or unreadable; empty when nothing was timed."""
    return noise.words(environment(result).get("noise", {}))


def software(result: Result) -> str:
    """Its id, the framework's version, Python, and threads."""
    asked = result.evaluation.software
    pinned = dict(line.split("==") for line in asked.packages)
    version = pinned.get(asked.framework, "")
    threads = environment(result).get("threads") or asked.threads.model_dump()
    inter = "" if threads["inter"] == 1 else f" intra, {threads['inter']} inter"  # what each counts, its software says
    parts = [asked.id, version, f"Python {asked.python}", _count(threads["intra"], "thread") + inter]
    return " · ".join(p for p in parts if p)


def hardware(result: Result) -> str:
    """What was asked, and the machine that answered."""
    host = environment(result).get("host", {})
    cpu = _inside(host, "cpu", "model")
    reserved = environment(result).get("cpus")
    cores = _count(len(reserved) if reserved else result.evaluation.hw.cpus, "core")
    gpus = [g.get("name", "") for g in host.get("gpus", []) if isinstance(g, dict)] if isinstance(host, dict) else []
    shown = gpus if result.evaluation.hw.accelerator else []
    return " · ".join(p for p in (result.evaluation.hw.id, cores, cpu, *shown, _inside(host, "hostname")) if p)


def hosts(sweep: Sweep) -> int:
    """On how many machines its cells ran."""
    return len({cell.placement.get("host") for cell in sweep.cells if cell.placement})


def scenario(result: Result) -> str:
    """Its id, what it is judged by, over how many fresh processes, and what it is not."""
    asked = result.evaluation.scenario
    n = len(result.measurement.timed) or asked.repetitions
    kind = "" if asked.kind == asked.id else str(asked.kind)
    bound = f"p{asked.percentile:g} ≤ {asked.latency_bound_ms:g} ms" if hasattr(asked, "latency_bound_ms") else ""
    like = "MLPerf-like, not a submission" if asked.kind in MLPERF else ""
    judged = bound or f"judged by {plugins.load('tasks.scenarios', asked.kind).JUDGED}"
    return " · ".join(p for p in (asked.id, kind, judged, _count(n, "fresh process"), like) if p)


def simulated(result: Result) -> bool:
    """Whether its time is simulated."""
    return bool(environment(result).get("simulated"))


def title(result: Result) -> str:
    """The evaluation's title, which says so when time is simulated."""
    return result.evaluation.title + (" · simulated time" if simulated(result) else "")


def state(result: Result) -> str:
    """«passed», «checks failed», or «did not finish»."""
    return "did not finish" if result.failure else "passed" if result.verdict.passed else "checks failed"


def command(result: Result) -> str:
    """The evaluation asked for again: in the words that asked, or by the names of its aspects when it came whole."""
    asked = result.evaluation
    if result.words:
        return shlex.join([*START, *result.words])
    names = [f"+model={asked.model.id}", *_weights(asked.model)]
    names += [f"{aspect}={getattr(asked, aspect).id}" for aspect in ASPECTS]
    return "python -m flows.evaluate " + " ".join(names)


def _weights(model: Any) -> Iterator[str]:
    """Which were chosen, or which models a pipeline's stages are of."""
    if not isinstance(model, Pipeline):
        yield f"model.weights={model.weights}"
        return
    for name, of in model.models.items():
        yield from (f"model.pipeline.{name}.model={of.id}", f"model.pipeline.{name}.weights={of.weights}")


def stages(result: Result) -> str:
    """Of a pipeline, each model with its share of the time from end to end; empty for one model."""
    asked = result.evaluation.model
    if not isinstance(asked, Pipeline):
        return ""
    shares = {part: result.metrics.get(f"predict_{part}_share") for part in asked.parts}
    names = {part: f"{part} {asked.models[part].name}" if part in asked.models else part for part in shares}
    told = [f"{names[part]} {shown(share).full}" for part, share in shares.items() if share]
    return " · ".join(told or names.values())


def sweep_command(sweep: Sweep) -> str:
    """One line with ``-m`` where the cells are every combination of what varies; else a line a cell."""
    of_cells = [cell.words for cell in sweep.cells]  # empty in cells that were read back; the sweep has theirs
    given = [tuple(cell) for cell in sweep.asked if isinstance(cell, list)]
    asked = list(dict.fromkeys(given if given and len(given) == len(sweep.asked) else of_cells))
    choices: dict[str, dict[str, None]] = {}
    for words in asked:
        for name, _, value in (word.partition("=") for word in words):
            choices.setdefault(name, {})[value] = None
    every = {tuple(f"{n}={v}" for n, v in zip(choices, of, strict=True)) for of in product(*choices.values())}
    varied = [value for values in choices.values() if len(values) > 1 for value in values]
    if not all(asked):
        return "\n".join(dict.fromkeys(command(cell) for cell in sweep.cells))
    if len(asked) < 2 or every != set(asked) or any("," in value for value in varied):
        return "\n".join(shlex.join([*START, *words]) for words in asked)
    return shlex.join([*START, "-m", *(f"{n}={','.join(v)}" for n, v in choices.items())])


def _count(n: int | str, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{n} {noun if n == 1 else plural}"


def _inside(tree: Any, *path: str) -> str:
    for name in path:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return "" if tree in (None, "unreadable") else str(tree)
