"""What Hydra or pydantic found wrong, as sentences: which file, which field, what it holds, and the way out."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from flows import conf
from tasks import plugins
from tasks.database import masked
from tasks.specs.evaluation import KINDS, Evaluation
from tasks.specs.signatures import options_of
from tasks.specs.software import Software

OPTIONS = ["software", "options"]


def sentences(error: ValidationError, data: dict[str, Any], choices: dict[str, str], overrides: list[str]) -> list[str]:
    """One sentence an error in ``data``, in the order of the specification."""
    found = error.errors(include_url=False)
    # A list whose items all failed is also reported as too short.
    told = [e for e in found if not (e["type"] == "too_short" and e["input"])]
    return [_sentence(e, data, choices, overrides) for e in told]


def _sentence(error: Any, data: dict[str, Any], choices: dict[str, str], overrides: list[str]) -> str:
    path, model = _of_stage(_as_option(_path([str(part) for part in error["loc"]]), data), data)
    choices = {**choices, "model": model} if model and choices else choices
    where = _where(path, choices, overrides)
    kind, value = error["type"], error.get("input")
    if kind == "extra_forbidden" and path[:-1] == OPTIONS:
        predictor = plugins.load("tasks.predictors", data["software"]["framework"]).Predictor
        known = fields_of(options_of(predictor.__init__, "Options"), [])
        return where + plugins.unknown("field in software.options", path[-1], known)
    if kind == "extra_forbidden":
        known = fields_of(Evaluation, path[:-1])
        field = f"field in {'.'.join(path[:-1]) or 'the evaluation'}"
        return f"{where}{plugins.unknown(field, path[-1], known)} Own fields begin with «x-»."
    if kind == "missing":
        return f"{where}{'.'.join(path)} is missing. It has no default, because it changes what is measured."
    message = error["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if kind in ("value_error", "assertion_error"):
        return f"{where}{'.'.join(path)}: {message}" if path else message
    return f"{where}{'.'.join(path)}: {message}, got «{_short(value)}»."


def _path(loc: list[str]) -> list[str]:
    """The path as YAML has it: without the tags that pydantic adds for unions."""
    kept: list[str] = []
    for i, part in enumerate(loc):
        tag = i > 0 and (
            (loc[i - 1].isdigit() and ("process" in loc[max(0, i - 2)] or loc[max(0, i - 2)] == "then"))
            or (i == 1 and loc[0] == "model" and part in KINDS)
            or (loc[i - 1] == "scenario" and i < len(loc) and _is_tag(part))
        )
        if (
            tag
            or "[" in part
            or part in ("int", "literal['all']", "literal['batch']", "constrained-int", "function-after")
        ):
            continue
        kept.append(part)
    return kept


def _as_option(path: list[str], data: dict[str, Any]) -> list[str]:
    """The path of a predictor's option, which pydantic names as if it were a field of the software."""
    if path[:1] != ["software"] or len(path) < 2 or path[1] in {*Software.model_fields, *data["software"]}:
        return path
    return [*OPTIONS, *path[1:]]


def _of_stage(path: list[str], data: dict[str, Any]) -> tuple[list[str], str]:
    """The path with a pipeline's stage by its name instead of its number, as its YAML has it.

    What is wrong within the model that a stage names is that model's: the path in its own file, and which file.
    """
    if path[:2] != ["model", "pipeline"] or len(path) < 3 or not path[2].isdigit():
        return path, ""
    stage = data["model"]["pipeline"][int(path[2])]
    if path[3:4] == ["model"] and len(path) > 4:
        return ["model", *path[4:]], str(stage["model"].get("id"))
    return [*path[:2], str(stage.get("name")), *path[3:]], ""


def _is_tag(part: str) -> bool:
    return part in plugins.names("tasks.scenarios") or part == "unknown"


def _where(path: list[str], choices: dict[str, str], overrides: list[str]) -> str:
    """The command line, when it set this field; else the YAML file of the group."""
    dotted = ".".join(path)
    for override in overrides:
        if override.lstrip("+~").split("=")[0] in (dotted, *(".".join(path[:i]) for i in range(2, len(path)))):
            return f"{masked(override)}: "
    group = path[0] if path else ""
    if group in choices:
        return f"conf/{group}/{choices[group]}.yaml: "
    return "conf/evaluate.yaml: " if choices and path else ""


def fields_of(model: Any, path: list[str]) -> list[str]:
    """The fields that may stand at a path of the specification; [] where anything may."""
    for part in path:
        inner = list(_models(model.model_fields[part].annotation)) if part in getattr(model, "model_fields", {}) else []
        if not inner:
            return []
        model = inner[0] if len(inner) == 1 else _joined(inner)
    return sorted(set(getattr(model, "model_fields", {})) - {"extensions"})


def _joined(models: list[Any]) -> Any:
    """Several alternatives as one: whatever any of them has."""

    class Joined:
        model_fields = {k: v for m in models for k, v in m.model_fields.items()}

    return Joined


def _models(annotation: Any) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models(inner)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def missing_option(error: Any) -> str:
    """A file that a group does not have, with the nearest that it has."""
    group, _, name = str(error.missing_cfg_file or "").rpartition("/")
    known = list(error.options or conf.options(group))
    added = "+" if group == "model" else ""
    return f"{plugins.unknown(group or 'configuration', name, sorted(known))} Choose with {added}{group}=<name>."


def hydra_sentence(error: Exception, overrides: Iterable[str]) -> str:
    """Hydra's first line, and for a misspelt field the nearest ones."""
    text = first_line(error)
    for override in overrides:
        group, _, option = override.lstrip("+").partition("=")
        if "must be a string" in text and (conf.CONF / group).is_dir() and option not in conf.options(group):
            return f"«{override}»: {plugins.unknown(group, option, conf.options(group))}"
        if f"Ambiguous value for argument '{override}'" in text:
            return f"«{override}» names several values. Sweep over them with -m, or quote one value that holds a comma."
        path = override.lstrip("+~").split("=")[0]
        inner = path.partition(".")[2]
        if f"'{path}'" in text and "No match in the defaults list" in text:
            return f"«{override}»: choose an option that is not in the defaults list with +{path}=<name>."
        if f"'{path}'" in text or (inner and re.search(rf"(?<![\w.]){re.escape(inner)}(?![\w.])", text)):
            return _no_field(override, path, getattr(error.__cause__, "parent_node", None))
    return text


def _no_field(override: str, path: str, beside: Any) -> str:
    """The first part of the path that is no field of its place.

    ``beside``: the fields that Hydra found where this one is not; each predictor and scenario has options of its own.
    """
    parts = path.split(".")
    if parts[:2] == ["model", "pipeline"] and beside:  # a mapping, whose fields are the stages
        kind, name = ("field of a stage", parts[-1]) if "model" in beside else ("stage", parts[2])
        return plugins.unknown(kind, name, sorted(beside))
    for depth, name in enumerate(parts):
        place, last = parts[:depth], depth == len(parts) - 1
        known = fields_of(Evaluation, place)
        if last and beside and (place == OPTIONS or name in known):
            known = sorted(beside)
        if known and name not in known:
            return plugins.unknown(f"field in {'.'.join(place)}" if place else "field", name, known)
    return f"«{override}» fits no field."


def first_line(error: Exception) -> str:
    """Of what an error says, or its kind."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
