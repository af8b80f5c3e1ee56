"""`python -m flows.zoo [list] | build | pin | evict [name …] [modality=<name>]`: models that are built when asked for.

list    every model: modality, parameters, multiply-accumulates, formats, which software reads them, built or not
build   make these now, so that a later evaluation does not wait; built ones are made again only when named
pin     for maintainers: build them, in every format that can be, and write what came out into their manifests
evict   remove built ones, the longest unused first, until TOUCHSTONE_CACHE_GB (20) is kept, or those that are named
"""

import sys
from collections.abc import Callable
from typing import Any

import yaml
from pydantic import ValidationError

from flows import cli, conf
from tasks import plugins
from tasks.artifacts import models
from tasks.errors import ArtifactMismatch, BuildFailed, Refused, TouchstoneError
from tasks.progress import say
from tasks.specs.artifact import Artifact
from tasks.specs.model import FORMATS, FURTHER, Model
from tasks.specs.pipeline import Pipeline
from tasks.specs.unanswered import neutral

HEAD = ("modality", "model", "parameters", "MACs", "built", "formats", "read by")


Known = Model | Pipeline


def chosen(words: list[str]) -> list[Known]:
    """The manifests that the words name: by name, by modality=<name>, or all."""
    known = {name: _manifest(name) for name in conf.options("model")}
    names = [word for word in words if "=" not in word]
    for name in names:
        if name not in known:
            raise Refused(plugins.unknown("model", name, list(known)))
    wanted = {word.removeprefix("modality=") for word in words if "=" in word}
    modalities = {model.modality for model in known.values()}
    for word in sorted(wanted - modalities):
        raise Refused(plugins.unknown("modality", word, sorted(modalities)))
    found = [model for name, model in known.items() if not names or name in names]
    return [model for model in found if (not wanted or model.modality in wanted) and not _elsewhere(model)]


def _elsewhere(model: Known) -> bool:
    """Whether it has no file of weights: it only takes time, or a server has it."""
    return model.time_only or (isinstance(model, Model) and "served" in model.files())


def _manifest(name: str) -> Known:
    fields = {key: value for key, value in cli.fields(name).items() if key != "defaults"}
    try:
        return Pipeline.model_validate(fields) if "pipeline" in fields else Model.model_validate(neutral(fields))
    except ValidationError as error:
        raise Refused(
            f"conf/model/{name}.yaml is no model, in {error.error_count()} places: python -m flows.spec validate "
            f"+model={name} names them."
        ) from error


def built(model: Known) -> list[Artifact]:
    """A file of every folder that the zoo builds of a model, or of a pipeline's; none where DVC keeps it."""
    every = (file for part in model.models.values() for file in part.files().values())
    files = {models.folder_of(file.built): file for file in every if file.built}
    return list(files.values())


def show(words: list[str]) -> int:
    """Print the table, by modality."""
    kept = {entry.folder: entry for entry in models.inventory()}
    readers, found = _readers(), sorted(chosen(words), key=lambda m: (m.modality, m.id))
    rows = [HEAD] + [
        (m.modality, m.name, *_numbers(m), _state(m, kept), _formats(m), _read_by(m, readers)) for m in found
    ]
    wide = [max(len(row[k]) for row in rows) for k in range(len(HEAD))]
    for row in rows:  # plain lines: a table would cut the names where a terminal is narrow or a pipe
        print("  ".join(f"{text:{width}}" for text, width in zip(row, wide, strict=True)).rstrip())
    total = sum(entry.size_bytes for entry in kept.values())
    print(f"{len(found)} models; built ones hold {total / 1e9:.2f} of {models.budget_bytes() / 1e9:g} GB")
    return 0


def _readers() -> dict[str, tuple[str, ...]]:
    """Framework → the formats that it reads."""
    named = {yaml.safe_load(conf.manifest("software", s).read_text())["framework"] for s in conf.options("software")}
    return {name: plugins.load("tasks.predictors", name).Predictor.formats for name in sorted(named)}


def _formats(model: Known) -> str:
    """Of a pipeline, the models that it is of."""
    return " + ".join(m.name for m in model.models.values()) if isinstance(model, Pipeline) else " ".join(model.files())


def _read_by(model: Known, readers: dict[str, tuple[str, ...]]) -> str:
    parts = [set(part.files()) for part in model.models.values()]
    return " ".join(name for name, reads in readers.items() if all(formats & set(reads) for formats in parts))


def _numbers(model: Known) -> tuple[str, str]:
    """Those of a pipeline are in the rows of its models."""
    build = model.build.get(model.weights) if isinstance(model, Model) else None
    return _short(build.parameters if build else None), _short(build.macs if build else None)


def _short(number: int | None) -> str:
    if number is None:
        return ""
    unit, size = next(((u, s) for u, s in (("G", 1e9), ("M", 1e6), ("k", 1e3)) if number >= s), ("", 1.0))
    return f"{number / size:.3g} {unit}".strip()


def _state(model: Known, kept: dict[Any, models.Kept]) -> str:
    files = built(model)
    if not files:
        every = [artifact for part in model.models.values() for artifact in part.files().values()]
        return "by DVC" if any(artifact.stage for artifact in every) else "yours"
    there = [kept[folder] for file in files if file.built and (folder := models.folder_of(file.built)) in kept]
    return f"{sum(entry.size_bytes for entry in there) / 1e6:.0f} MB" if there else "no"


def build(words: list[str]) -> int:
    """Make them, one after the other; one that cannot be built is told at the end, and the others are there."""
    named = {word for word in words if "=" not in word}
    return _each(words, lambda model: _made(model, again=model.id in named))


def _made(model: Known, again: bool) -> None:
    files = built(model)
    for file in files if again else ():
        assert file.built is not None
        models.forget(models.folder_of(file.built))
    for file in files:
        models.bring(file, say("zoo"))


def pin(words: list[str]) -> int:
    """Build, and write checksums, parameters, and MACs into the manifests' text.

    A further format that cannot be written, or answers something else, is told, and the manifest goes without it.
    """
    return _each(words, _pinned)


def _pinned(model: Known) -> None:
    if isinstance(model, Pipeline):
        say("zoo")(f"{model.name} has no files of its own; pin its models.")
        return
    found: list[dict[str, Any]] = []
    path = conf.manifest("model", model.id)
    for form in (next(iter(FORMATS)), *FURTHER):
        file = model.made(form).model_copy(update={"sha256": None})
        assert file.built is not None
        try:
            models.bring(file, say("zoo"))
            found.append(models.facts_of(file.built))
        except BuildFailed as error:
            if form in FORMATS or form in model.build[model.weights].sha256:
                raise
            say("zoo")(str(error))
    sha256 = {name: digest for facts in found for name, digest in facts["sha256"].items()}
    path.write_text(models.pinned(path.read_text(), model.weights, {**found[0], "sha256": sha256}))


def _each(words: list[str], do: Callable[[Known], None]) -> int:
    asked, failed = [model for model in chosen(words) if built(model)], list[str]()
    for number, model in enumerate(asked, 1):
        say("zoo")(f"{number} of {len(asked)}: {model.name}")
        try:
            do(model)
        except (BuildFailed, ArtifactMismatch) as error:
            failed.append(f"{model.name}: {error}")
    if failed:
        raise TouchstoneError("\n".join(failed))
    return 0


def evict(words: list[str]) -> int:
    """Down to the budget, or those that are named."""
    if not words:
        models.evict(models.budget_bytes(), say("zoo"))
        return 0
    for file in (file for model in chosen(words) for file in built(model)):
        assert file.built is not None
        models.forget(models.folder_of(file.built))
    return 0


VERBS = {"list": show, "build": build, "pin": pin, "evict": evict}


def run(words: list[str]) -> int:
    """Do what the leading word says; list when there is none."""
    name, rest = cli.verb(words, list(VERBS)) if words and "=" not in words[0] else ("list", words)
    return VERBS[name](rest)


if __name__ == "__main__":
    sys.exit(cli.main("zoo", run, help=__doc__))
