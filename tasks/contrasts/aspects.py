"""In which fields two results differ, and whether they may be held against each other all the same.

In: two results (of summaries, or just measured) and a metric's name. Out: differences by aspect, or a refusal.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from tasks.errors import Refused
from tasks.plugins import unknown
from tasks.results.contrast import Difference
from tasks.results.measurement import Result

QUESTIONS = ("software", "hw")  # one of them may differ: it is what is asked about
ASPECTS = ("model", "dataset", "metric", "scenario", *QUESTIONS, "tracing", "environment")
NAMES = {"id", "version", "licence", "source"}  # say what something is called, not what it does
COUNTS = {"repetitions", "time_limit_s"}  # how much was measured, not what
CHECKED = (
    "host.hostname", "host.system", "host.kernel", "host.cpu.model", "host.cpu.governors", "host.cpu.turbo",
    "host.cpu.smt", "host.memory.total_bytes", "host.limits", "host.virtualisation", "host.clock_source",
    "host.transparent_huge_pages", "host.gpus", "settings.governor", "settings.turbo", "settings.smt",
    "process.nice", "process.profilers",
)  # fmt: skip
VARIABLES = "variables"
EFFECTIVE = ("effective", "threads", "process.python", "process.implementation")


def differences(a: Result, b: Result, metric: str) -> tuple[Difference, ...]:
    """Every one, in the order of `ASPECTS`. A field that one side did not record differs from one that is there."""
    found = [Difference(aspect, *parts) for aspect in ASPECTS for parts in _unequal(*_both(aspect, a, b, metric))]
    return tuple(found)


def judged(
    found: Iterable[Difference], allow: Iterable[str], asked: Iterable[str] = ()
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The question and what differs beside it by leave. ``asked``: the aspects that the request itself names.

    Where it names none, one of `QUESTIONS` may differ, and is the question. Whatever else differs must be in ``allow``;
    it marks the verdict, and so does an asked aspect that is no usual question. Raises `Refused`.
    """
    found, allowed, named = list(found), set(allow), tuple(asked)
    for name in sorted(allowed - set(ASPECTS)):
        raise Refused(f"allow: {unknown('aspect', name, list(ASPECTS))}")
    differing = list(dict.fromkeys(d.aspect for d in found))
    open_ = [aspect for aspect in differing if aspect not in allowed | set(named)]
    question = named or tuple(open_ if len(open_) == 1 and open_[0] in QUESTIONS else ())
    refused = [aspect for aspect in open_ if aspect not in question]
    if refused:
        raise Refused(_sentence([d for d in found if d.aspect in refused], sorted(allowed | set(refused))))
    return question, tuple(x for x in differing if x not in question or x not in QUESTIONS)


def _sentence(found: list[Difference], allow: list[str]) -> str:
    shown = [f"{d.aspect} ({d.field}: {d.a} | {d.b})" for d in found]
    more = f" and {len(shown) - 6} more" if len(shown) > 6 else ""
    return (
        f"The two are not comparable as they are; they differ in {'; '.join(shown[:6])}{more}. Of two runs one of "
        f"software and hw may differ. If the rest is meant: 'allow=[{','.join(allow)}]', which marks the verdict."
    )


def _both(aspect: str, a: Result, b: Result, metric: str) -> tuple[dict[str, Any], dict[str, Any]]:
    left, right = (dict(_fields(aspect, result, metric)) for result in (a, b))
    if a.evaluation.software.framework != b.evaluation.software.framework:  # each sets some variables itself
        left, right = ({k: v for k, v in side.items() if not k.startswith(VARIABLES)} for side in (left, right))
    return left, right


def _unequal(a: dict[str, Any], b: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys([*a, *b]):
        if a.get(name) != b.get(name):
            yield name, _short(a.get(name)), _short(b.get(name))


def _fields(aspect: str, result: Result, metric: str) -> Iterator[tuple[str, Any]]:
    """What is compared of an aspect, by dotted name."""
    environment = result.environment
    if aspect == "environment":
        yield from ((name, _at(environment, name)) for name in CHECKED)
        yield from flat(_inherited(result), VARIABLES)
        return
    if aspect == "metric":
        estimate = result.metrics.get(metric)
        yield metric, (estimate.unit, estimate.formula) if estimate else None
        return
    for name, value in flat(getattr(result.evaluation, aspect).model_dump(mode="json")):
        if name.rpartition(".")[2] not in NAMES and not (aspect == "scenario" and name in COUNTS):
            yield name, value
    if aspect == "dataset":  # a user's own folder has no pinned hash
        yield "content", result.artifacts.get("dataset", {}).get("sha256")
    if aspect == "software":
        yield "stack", result.stack.get("key")
        for name in EFFECTIVE:
            yield from flat(_at(environment, name), name)
    if aspect == "hw":
        yield "cores", len(environment.get("cpus") or [])


def _inherited(result: Result) -> dict[str, Any]:
    """Variables that the software's manifest does not set itself."""
    variables = _at(result.environment, "process.variables")
    own = result.evaluation.software.env
    return {k: v for k, v in variables.items() if k not in own} if isinstance(variables, dict) else {}


def _at(tree: Any, path: str) -> Any:
    for name in path.split("."):
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested dictionaries as dotted names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, value


def _short(value: Any) -> str:
    text = "not recorded" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "…"
