"""`python -m flows.add ./my.onnx` or `dataset=./folder`: your own model or data set becomes a manifest under conf/.

A model: an ONNX, TFLite, Keras, or torch.export (.pt2) file, the folder of a SavedModel, or models:/name/version of the
MLflow registry. Its names, shapes, and types are read, its files copied to artifacts/models, every software that is
built here tries it, and what accuracy alone depends on is left «???». It can be measured at once on synthetic inputs.
A data set: a folder with one folder of pictures a class, or a CSV or JSONL file with the columns file and label.

name=<name>              how it is called here; default: the file's name
modality=<modality>      which question a model answers
batch=<dimension>|none   which dimension of the inputs counts samples, where the file leaves it open
shape.<input>=[batch,128]  range.<input>=[0,999]   sizes of free dimensions; the values that synthetic inputs take
software=<name>          which one runs it where none is named; licence=<text>; force=true: add it again
tracking.uri=<uri>       where the registry is, as everywhere
"""

import sys
import tempfile
from pathlib import Path

from flows import cli
from flows.tried import Tried, tried
from tasks import ROOT
from tasks.artifacts.own import kinds, manifest, placing
from tasks.artifacts.own.answers import Answers, heard
from tasks.artifacts.own.found import Found
from tasks.artifacts.own.inputs import Described, described
from tasks.artifacts.own.reading import read
from tasks.errors import Refused
from tasks.progress import say
from tasks.specs.unanswered import unanswered

DEFAULT = "onnxruntime"  # what conf/evaluate.yaml chooses


def run(words: list[str]) -> int:
    """Add what the words name, and print what was found, where it is, and what to type next."""
    places = [word for word in words if "=" not in word]
    answers = heard([word for word in words if "=" in word])
    if answers.dataset is not None and not places:
        from flows.added_data import add

        return add(answers)
    if len(places) != 1 or answers.dataset is not None:
        raise Refused(
            "Give one model, such as ./my.onnx, or one data set, such as dataset=./folder; python -m flows.add --help "
            "says more."
        )
    if places[0].startswith("models:"):
        return _registered(places[0], answers)
    path = Path(places[0]).expanduser()
    return _added(path, path.name or path.resolve().name, answers, answers.name or _name(path))


def _registered(uri: str, answers: Answers) -> int:
    """Of the MLflow registry: its files as data, never loaded."""
    from tasks.tracking.registry import downloaded

    words = [f"tracking.uri={answers.tracking}"] if answers.tracking else []
    with tempfile.TemporaryDirectory(prefix="touchstone-") as folder:
        say("add")(f"downloading {uri} …")
        path, name = downloaded(cli.default(words).tracking, uri, Path(folder))
        return _added(path, uri, answers, answers.name or plain(name))


def _name(path: Path) -> str:
    """A name that Hydra takes, from a file's."""
    return plain(path.resolve().name if path.is_dir() else path.stem)


def plain(stem: str) -> str:
    """Letters, digits, and underscores."""
    kept = "".join(c if c.isalnum() and c.isascii() else "_" for c in stem).strip("_").lower()
    return kept or "mine"


def _added(path: Path, source: str, answers: Answers, name: str) -> int:
    target = cli.CONF / "model" / f"{name}.yaml"
    _require_free(target, name, answers)
    found = read(path, kinds.kind_of(path))
    inputs = described(found, answers)
    with placing.staged(found, ROOT) as file:
        draft = manifest.fields(name, source, found, inputs, answers, None)
        draft["artifacts"] = manifest.artifacts(found, file, file.parents[2])
        trials = tried(draft, file, found.format, answers.software)
        chosen = _chosen(trials, answers)
        data = manifest.fields(name, source, found, inputs, answers, None if chosen == DEFAULT else chosen)
        settled = placing.settled(file, name, ROOT)
    data["artifacts"] = manifest.artifacts(found, settled, ROOT)
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


def _chosen(trials: list[Tried], answers: Answers) -> str:
    """The software that an evaluation takes by itself: one that runs it. Raises Refused where all that tried failed."""
    if not trials:
        raise Refused("No software of conf/software reads this kind of file.")
    if all(trial.runs is False for trial in trials):
        told = "\n".join(f"{trial.software}: {trial.why}" for trial in trials)
        raise Refused(f"No software here runs it, so nothing was added.\n{told}")
    good = [trial.software for trial in trials if trial.runs] or [t.software for t in trials if t.runs is None]
    return answers.software or (DEFAULT if DEFAULT in good else good[0])


def _say(source: str, found: Found, inputs: Described, trials: list[Tried]) -> None:
    facts = ", ".join([kinds.TITLES[found.format], _size(found.size_bytes), *found.facts])
    print(f"{source}: {facts}")
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
            print(f"not in      {trial.software}: {trial.why}")
    _listed("not tried", [f"{t.software} ({t.why})" for t in trials if t.runs is None])


def _say_next(name: str, target: Path, file: Path, found: Found, data: dict[str, object]) -> None:
    more = f" and {len(found.beside)} more" if found.beside else ""
    print(f"written     {cli.relative(target)}; the file: {cli.relative(file)}{more}")
    print(f"still ???   {', '.join(unanswered(data))}: for accuracy alone")
    print(f"next        python -m flows.evaluate +model={name} scenario=quick")


def _listed(title: str, items: list[str]) -> None:
    if items:
        print(f"{title:11} {', '.join(items)}")


def _side(size: object) -> str:
    return "?" if size is None else str(size)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e5 else f"{size_bytes / 1e3:.1f} kB"


if __name__ == "__main__":
    sys.exit(cli.main("add", run, help=__doc__))
