"""`python -m flows.spec validate|schema|show|diff [overrides]`: specifications without running them.

validate   every option of every group (no words), or one evaluation (overrides); silent when good
schema     the JSON Schema of an evaluation, as published in conf/schema/evaluation.json
show       the resolved evaluation and its hashes
diff       what differs between two: `+model=resnet50,patchnet`, or a=<run> b=<run> of recorded runs
"""

import copy
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from flows import cli, conf
from tasks import ROOT
from tasks.errors import Refused
from tasks.specs.evaluation import Evaluation
from tasks.specs.unanswered import neutral

GROUPS = ("dataset", "software", "hw", "scenario", "tracing", "workers", "tracking")
ALONE = {"simulated": "null", "openai": "prompts"}  # software that reads no file → a model of its own
SCHEMA = conf.CONF / "schema" / "evaluation.json"


def validate(words: list[str]) -> int:
    """Every mistake of everything, at once; nothing printed when there is none."""
    _fields.cache_clear()
    mistakes = list(_mistakes(cli.expand(words) if words else list(_every_option())))
    if mistakes:
        raise Refused("\n".join(dict.fromkeys(mistakes)))
    return 0


def _mistakes(jobs: list[list[str]]) -> Iterator[str]:
    around: dict[str, dict[str, Any]] = {}
    for job in jobs:
        try:
            _check(job, around)
        except Refused as error:
            yield from str(error).splitlines()


def _check(job: list[str], around: dict[str, dict[str, Any]]) -> None:
    """Raises Refused. Hydra takes 0.1 s: a model of the zoo is put into what was composed ``around`` another one."""
    model, *rest = job or [""]
    name, key = model.removeprefix("+model="), " ".join(rest)
    build = len(job) == 3 and name in conf.options("model") and _fields(name).get("build")
    if build and key in around:
        fields = {**_fields(name), "weights": rest[0].removeprefix("model.weights=")}
        cli.validated({**copy.deepcopy(around[key]), "model": fields}, {"model": name}, job)
        return
    found = cli.composed(job)
    if build:
        around[key] = json.loads(found.model_dump_json())


def _every_option() -> Iterator[list[str]]:
    """Each model with its first pair, and each option of each group beside the first model that has data."""
    first: list[str] = []
    for model in conf.options("model"):
        for weights, dataset in _pairs(model):
            several = "pipeline" in _told(model)  # their weights are those of the stages
            chosen = [f"model.weights={weights}"] if weights and not several else []
            job = [f"+model={model}", *chosen, f"dataset={dataset}"]
            first = first or (job if _in_every_format(model) else [])
            yield job
    for group in GROUPS:
        for option in conf.options(group):
            if group == "dataset" and any(option == d for m in conf.options("model") for _, d in _pairs(m)):
                continue
            needed = ["workers.address=127.0.0.1:6379"] if (group, option) == ("workers", "cluster") else []
            if group == "software" and option in ALONE:
                yield [f"+model={ALONE[option]}"]
            elif group != "dataset":
                yield [*first, f"{group}={option}", *needed]
            else:
                _validate_dataset(option)


def _has_data(model: str) -> bool:
    """Whether it is right or wrong about something; one that only takes time has no heads."""
    return bool(neutral(_fields(model)).get("heads"))


def _in_every_format(model: str) -> bool:
    """Whether it has data, and DVC keeps its files, one for every software."""
    return _has_data(model) and bool(_fields(model).get("artifacts"))


@cache
def _fields(model: str) -> dict[str, Any]:
    return cli.fields(model)


def _pairs(model: str) -> list[tuple[str, str]]:
    """(weights, data set) of every head; a manifest without any is composed with synthetic inputs."""
    data = _told(model)
    heads = neutral(data).get("heads")
    pairs = [(w, d) for w, of in (heads or {}).items() if isinstance(of, dict) for d in of]
    return pairs or [(str(data.get("weights", "")), cli.SYNTHETIC)]


def _told(model: str) -> dict[str, Any]:
    """The manifest; of one that cannot be read as one, nothing, as composing it says why."""
    try:
        data = _fields(model)
    except Refused:
        return {}
    return data if isinstance(data, dict) else {}


def _validate_dataset(option: str) -> None:
    """A data set that no model has a head for, by itself."""
    from pydantic import ValidationError

    from tasks.specs.dataset import Dataset

    path = conf.manifest("dataset", option)
    try:
        Dataset.model_validate(yaml.safe_load(path.read_text()))
    except ValidationError as error:
        fields = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise Refused("\n".join(f"conf/dataset/{option}.yaml: dataset.{text}" for text in fields)) from error


def schema(words: list[str]) -> int:
    """Print the JSON Schema (draft 2020-12)."""
    print(schema_text(), end="")
    return 0


def schema_text() -> str:
    """What `conf/schema/evaluation.json` holds."""
    return json.dumps(Evaluation.model_json_schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def show(words: list[str]) -> int:
    """Print the resolved evaluation as YAML, its hashes last."""
    for evaluation in cli.read(words):
        data = json.loads(evaluation.model_dump_json())
        print(yaml.safe_dump({**data, "hashes": evaluation.hashes()}, sort_keys=False, allow_unicode=True), end="")
    return 0


def diff(words: list[str]) -> int:
    """Print each field that differs as `field: a → b`; exit code 0 when something does or nothing does."""
    a, b = _two(words)
    left, right = dict(_flat(a)), dict(_flat(b))
    for field in sorted({*left, *right}):
        if left.get(field) != right.get(field):
            print(f"{field}: {_shown(left.get(field))} → {_shown(right.get(field))}")
    return 0


def _two(words: list[str]) -> tuple[Any, Any]:
    named = dict(w.split("=", 1) for w in words if w.startswith(("a=", "b=")))
    if set(named) == {"a", "b"} and len(words) == 2:
        return _recorded(named["a"]), _recorded(named["b"])
    evaluations = cli.read(["-m", *(w for w in words if w not in ("-m", "--multirun"))])
    if len(evaluations) != 2:
        raise Refused(
            f"diff compares two evaluations, these words describe {len(evaluations)}. "
            "Give one field two values, as in +model=resnet50,patchnet, or a=<run> b=<run>."
        )
    first, second = ({**json.loads(e.model_dump_json()), "hashes": e.hashes()} for e in evaluations)
    return first, second


def _recorded(run: str) -> Any:
    """The specification of a recorded run: its name under reports/, its folder, or its summary.json."""
    for path in (ROOT / "reports" / run / "summary.json", Path(run) / "summary.json", Path(run)):
        if path.is_file():
            summary = json.loads(path.read_text())
            return {**summary["evaluation"], "hashes": summary["hashes"]}
    known = sorted(p.parent.name for p in (ROOT / "reports").glob("*/summary.json"))
    from tasks import plugins

    raise Refused(plugins.unknown("run", run, known[-20:]))


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, value


def _shown(value: Any) -> str:
    text = "absent" if value is None else json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    return text if len(text) <= 100 else text[:97] + "…"


VERBS = {"validate": validate, "schema": schema, "show": show, "diff": diff}


def run(words: list[str]) -> int:
    """Do what the leading word says."""
    name, rest = cli.verb(words, list(VERBS))
    return VERBS[name](rest)


if __name__ == "__main__":
    sys.exit(cli.main("spec", run))
