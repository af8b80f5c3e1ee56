"""A model file becomes `conf/model/<name>.yaml`: read, copied, tried by the software that is built here, written down.

In: a path and what the user said. Out: the manifest and what is printed; or `Refused`, and nothing is left.
"""

from pathlib import Path
from typing import Any

from flows import conf
from flows.tried import Tried, tried
from tasks import ROOT
from tasks.artifacts import models
from tasks.artifacts.own import kinds, manifest, placing
from tasks.artifacts.own.answers import Answers
from tasks.artifacts.own.found import Found
from tasks.artifacts.own.inputs import Described, described
from tasks.artifacts.own.reading import read
from tasks.errors import Refused
from tasks.progress import say
from tasks.specs.model import Model
from tasks.specs.unanswered import neutral, unanswered

DEFAULT = "onnxruntime"  # what conf/evaluate.yaml chooses


def add(path: Path, source: str, answers: Answers, name: str) -> int:
    """Add it under this name, and say so."""
    target = conf.CONF / "model" / f"{name}.yaml"
    _require_free(target, name, answers)
    found = read(path, kinds.kind_of(path))
    inputs = described(found, answers)
    data = manifest.fields(name, source, found, inputs, answers)
    with placing.staged(found, ROOT) as file:
        trials = _trials({**data, **manifest.files(found, file, ROOT)}, found, file, answers.software)
        chosen = _chosen(trials, answers)
        settled = placing.settled(file, name, ROOT)
    data |= manifest.files(found, settled, ROOT)
    if "build" in data:
        data["build"][manifest.WEIGHTS] |= _counted(data)
    data |= {} if chosen == DEFAULT else {"defaults": manifest.default_software(chosen)}
    manifest.write(target, data, source)
    _say(source, found, inputs, trials)
    _say_next(name, target, settled, found, data)
    return 0


def _require_free(target: Path, name: str, answers: Answers) -> None:
    if not target.exists():
        return
    if not manifest.added_here(target):
        raise Refused(f"conf/model/{name}.yaml is one of this project's models. Choose another name: name=<name>.")
    if not answers.force:
        raise Refused(f"conf/model/{name}.yaml is there already. Add it again with force=true, or choose name=<name>.")


def _trials(draft: dict[str, Any], found: Found, file: Path, only: str | None) -> list[Tried]:
    """Of the file itself, or of what the zoo's mechanism exports it to."""
    if found.format != "transformers":
        return tried(draft, {found.format: file}, only)
    model = Model.model_validate(neutral(draft))
    return tried(draft, {form: models.bring(made, say("add")) for form, made in model.files().items()}, only)


def _counted(data: dict[str, Any]) -> dict[str, int]:
    """What was counted when it was exported: parameters, and multiply-accumulates of one sample."""
    built = next(file.built for file in Model.model_validate(neutral(data)).files().values() if file.built)
    facts = models.facts_of(built)
    return {name: int(facts[name]) for name in ("parameters", "macs")}


def _chosen(trials: list[Tried], answers: Answers) -> str:
    """The software that an evaluation takes by itself: one that runs it. Raises Refused where all that tried failed."""
    if all(trial.runs is False for trial in trials):
        told = "\n".join(f"{trial.software}: {trial.why}" for trial in trials)
        raise Refused(f"No software here runs it, so nothing was added.\n{told}")
    good = [trial.software for trial in trials if trial.runs] or [t.software for t in trials if t.runs is None]
    return answers.software or (DEFAULT if DEFAULT in good else good[0])


def _say(source: str, found: Found, inputs: Described, trials: list[Tried]) -> None:
    print(f"{source}: {', '.join([kinds.TITLES[found.format], _size(found.size_bytes), *found.facts])}")
    shown = {tensor["name"]: tensor["shape"] for tensor in inputs.inputs}
    wide = max(len(port.name) for port in (*found.inputs, *found.outputs))
    for kind, ports in (("input", found.inputs), ("output", found.outputs)):
        for port in ports:
            shape = shown[port.name] if kind == "input" else list(port.shape or ["?"])
            print(f"  {kind:6}  {port.name:{wide}}  {port.dtype:8}  [{', '.join(map(_side, shape))}]")
    for sentence in (*inputs.chosen, *found.remarks):
        print(f"  · {sentence}")
    _listed("runs in", [t.software for t in trials if t.runs])
    for trial in trials:
        if trial.runs is False:
            _listed("not in", [f"{trial.software}: {trial.why}"])
    _listed("not tried", [f"{t.software} ({t.why})" for t in trials if t.runs is None])


def _say_next(name: str, target: Path, file: Path, found: Found, data: dict[str, Any]) -> None:
    more = f" and {len(found.beside)} more" if found.beside else ""
    _listed("written", [f"{conf.relative(target)}; the file: {conf.relative(file)}{more}"])
    _listed("still ???", [f"{', '.join(unanswered(data))}: for accuracy alone"])
    _listed("next", [f"python -m flows.evaluate +model={name} scenario=quick"])


def _listed(title: str, items: list[str]) -> None:
    if items:
        print(f"{title:11} {', '.join(items)}")


def _side(size: object) -> str:
    return "?" if size is None else str(size)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e5 else f"{size_bytes / 1e3:.1f} kB"
