"""From words to evaluations: Hydra composes, pydantic validates, a mistake becomes sentences. Nothing heavy is loaded.

In: override strings (or an `Evaluation`, or several). Out: `Evaluation`s. The only reader of OmegaConf and Hydra.
"""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from flows import conf
from flows.foreground import interrupted
from tasks import ROOT, plugins
from tasks.database import masked
from tasks.errors import Refused, TouchstoneError
from tasks.specs.evaluation import Evaluation
from tasks.specs.protocol import Drift
from tasks.specs.unanswered import OPEN, neutral, unanswered

SYNTHETIC = "synthetic"  # the data set: what a model is measured on that has no data
TELL_S = 5.0
S = TypeVar("S", bound=BaseModel)
HYDRA_FLAGS = (
    "--help",
    "-h",
    "--hydra-help",
    "--cfg",
    "-c",
    "--info",
    "-i",
    "--version",
    "--resolve",
    "-p",
    "--package",
)
# What Hydra would read as something else, or not at all: a model «null», a Python 3.10, a package «name==version».
TEXTS = {"model": "null", "software.python": r"3\.\d+", "software.packages": r"[\w.-]+==[^\s,\[\]'\"]+"}

Request = Evaluation | Sequence[str] | Sequence[Evaluation | dict[str, Any] | list[str]]
Job = tuple[list[str], Evaluation]


def main(flow: str, run: Callable[[list[str]], int], help: str | None = None) -> int:
    """The command line of one flow: Hydra answers its own flags; a mistake ends in a sentence and its exit code.

    ``help``: what --help prints for a flow that Hydra does not compose.
    """
    words = sys.argv[1:]
    try:
        if help and {"-h", "--help"} & set(words):
            print(help.strip())
            return 0
        if any(word.split("=")[0] in HYDRA_FLAGS for word in words):
            sys.argv[1:] = [_quoted(w) for w in words]
            return _as_hydra(flow)
        return run(words)
    except TouchstoneError as error:
        print(masked(str(error)), file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(
            f"Could not read or write: {error}. Nothing was recorded; make room on the disk or mend the path.",
            file=sys.stderr,
        )
        return 1
    except BaseException as error:
        if not isinstance(error, KeyboardInterrupt) and not interrupted():
            raise
        print("Interrupted. What had not ended was not recorded.", file=sys.stderr)
        return 130


def verb(words: Sequence[str], known: Sequence[str]) -> tuple[str, list[str]]:
    """The leading word without «=», and the rest, which is Hydra's."""
    if words and words[0] in known:
        return words[0], list(words[1:])
    said = words[0] if words else "nothing"
    raise Refused(f"{plugins.unknown('verb', said, list(known))} Everything after it is Hydra's.")


def read(request: Request) -> list[Evaluation]:
    """Every evaluation of a request, valid; or one `Refused` that names every mistake."""
    return [evaluation for _, evaluation in jobs(request)]


def jobs(request: Request) -> list[Job]:
    """The same, each with the override words that describe it (none when it was given whole)."""
    if isinstance(request, Evaluation):
        request = [request]
    given: list[Any] = list(request)
    if all(isinstance(item, str) for item in given):  # no words at all are answered like words
        cells = expand(given)
        return _possible(cells) if any("glob(" in word for word in given) else [(w, composed(w)) for w in _told(cells)]
    return [job for item in given for job in _one_or_several(item)]


def _possible(cells: list[list[str]]) -> list[Job]:
    """The cells of a sweep over everything there is, without those that cannot be, which are told; one must be left."""
    found: list[Job] = []
    why: dict[str, str] = {}
    for words in _told(cells):
        try:
            found.append((words, composed(words)))
        except Refused as error:
            why[" ".join(words)] = str(error)
    if not found:
        raise Refused(next(iter(why.values())))
    if why:
        print(
            f"{len(why)} of {len(cells)} cells cannot be and are left out; the first: {next(iter(why.values()))}",
            file=sys.stderr,
        )
    return found


def _told(cells: list[list[str]]) -> Iterator[list[str]]:
    """The cells of a sweep; of many it is said how far their reading has come."""
    told = time.monotonic()
    for i, words in enumerate(cells):
        if time.monotonic() - told > TELL_S:
            told = time.monotonic()
            print(f"{i} of {len(cells)} cells are read", file=sys.stderr)
        yield words


def _one_or_several(item: Evaluation | dict[str, Any] | list[str]) -> list[Job]:
    return jobs(item) if isinstance(item, list) else [([], validated(_plain(item), {}, []))]


def _plain(item: Evaluation | dict[str, Any]) -> dict[str, Any]:
    return json.loads(item.model_dump_json()) if isinstance(item, Evaluation) else dict(item)


def expand(words: list[str]) -> list[list[str]]:
    """One list of overrides per evaluation: with ``-m``, Hydra's sweep syntax (a,b · choice · range · glob)."""
    words = [_quoted(w) for w in words]
    overrides = [w for w in words if w not in ("-m", "--multirun")]
    if len(overrides) == len(words):
        return [overrides]
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    from flows.mistakes import first_line

    with _hydra():
        try:
            composer: Any = GlobalHydra.instance().hydra
            parser = OverridesParser.create(config_loader=composer.config_loader)
            return BasicSweeper.split_arguments(parser.parse_overrides(overrides), None)[0]
        except HydraException as error:
            raise Refused(first_line(error)) from error
        except TypeError as error:  # what a glob includes or excludes is taken for a number or null
            raise Refused("glob() takes names, such as glob(*) or glob([res*,gpt*]).") from error


def _quoted(word: str) -> str:
    """The word with quotes around every value of `TEXTS`, alone or in a list; quotes that are there stay."""
    name, equals, values = word.partition("=")
    text = TEXTS.get(name.lstrip("+"))
    return word if text is None else name + equals + re.sub(rf"(?<![^,\[ ]){text}(?![^,\] ])", r"'\g<0>'", values)


def composed(overrides: list[str]) -> Evaluation:
    """The evaluation that these overrides describe."""
    data, choices = _filled("evaluate", overrides)
    if "model" not in data:
        raise Refused(f"No model chosen. Add +model=<name>; available: {plugins.shown(conf.options('model'))}.")
    if not any(word.lstrip("+").startswith("dataset") for word in overrides) and (fitting := _fitting(data)):
        overrides = [*overrides, f"dataset={fitting}"]
        data, choices = _filled("evaluate", overrides)
    return validated(_answered(data, choices), choices, overrides)


def _fitting(data: dict[str, Any]) -> str:
    """The data set that is chosen where none is named: the only one that the model's weights have a head for, or
    synthetic inputs where there is none, or it is not here; empty where the default is among several, or the model
    takes no input.
    """
    model, default = neutral(data["model"]), (data.get("dataset") or {}).get("id")
    heads = list((model.get("heads") or {}).get(model.get("weights")) or {})
    if not (model.get("inputs") or model.get("pipeline")) or default in heads:
        return ""
    if not heads or (len(heads) == 1 and not _obtained(heads[0])):
        return SYNTHETIC
    return heads[0] if len(heads) == 1 else ""


def _obtained(dataset: str) -> bool:
    """Whether a data set is here, or comes by itself: not one whose folder everybody has to obtain and nobody did."""
    import yaml

    path = conf.manifest("dataset", dataset)
    folder = (yaml.safe_load(path.read_text()) or {}).get("folder") if path.exists() else None
    return folder is None or (ROOT / folder).is_dir()


def _answered(data: dict[str, Any], choices: dict[str, str]) -> dict[str, Any]:
    """Without what is «???» in the model, where the inputs are synthetic; else `Refused`, which names it."""
    model, dataset = data["model"], data.get("dataset") or {}
    if dataset.get("kind") != "synthetic" and (found := unanswered(model)):
        raise Refused(
            f"conf/model/{choices.get('model')}.yaml: {', '.join(found)} {'is' if len(found) == 1 else 'are'} still "
            f"«{OPEN}», and what is right on dataset={dataset.get('id')} depends on it. Answer it there, or measure "
            f"speed alone: dataset={SYNTHETIC}"
        )
    return {**data, "model": neutral(model)}


def own_fields(flow: str) -> list[str]:
    """The fields of a flow's own file, conf/<flow>.yaml."""
    import yaml

    return sorted(set(yaml.safe_load((conf.CONF / f"{flow}.yaml").read_text())) - {"defaults", "hydra"})


def own(flow: str, overrides: list[str], into: type[S]) -> S:
    """What conf/<flow>.yaml and these overrides say, valid, or every mistake at once."""
    from pydantic import ValidationError

    data, _ = _filled(flow, overrides)
    try:
        return into.model_validate(data)
    except ValidationError as error:
        found = [
            f"{'.'.join(map(str, e['loc'])) or flow}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        ]
        raise Refused("\n".join(found)) from error


def _filled(flow: str, overrides: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What a root and its overrides come to, and which option of each group was chosen."""
    from hydra import compose
    from hydra.errors import HydraException, MissingConfigException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    from flows.mistakes import hydra_sentence, missing_option
    from flows.stages import resolved

    overrides = [_quoted(word) for word in overrides]
    with _hydra():
        try:
            cfg = compose(flow, [*map(_forced, overrides), *_searched()], return_hydra_config=True)
            choices = dict(cfg.hydra.runtime.choices)
            OmegaConf.set_struct(cfg, False)
            cfg.pop("hydra")
            missing = sorted(OmegaConf.missing_keys(cfg))
            data: Any = OmegaConf.to_container(cfg, resolve=True)
        except MissingConfigException as error:
            raise Refused(missing_option(error)) from error
        except (HydraException, OmegaConfBaseException, ValueError) as error:
            raise Refused(hydra_sentence(error, overrides)) from error
    missing = [key for key in missing if not _of_model(key, data)]
    if missing and ("model" in data or flow != "evaluate"):
        raise Refused(" ".join(f"{key} has no value. Set it: {key}=<value>." for key in missing))
    return ({**data, "model": resolved(data["model"])} if isinstance(data.get("model"), dict) else data), choices


def _of_model(key: str, data: dict[str, Any]) -> bool:
    """Whether a field without a value is one that a model's manifest may leave open."""
    place = key.replace("[", ".").replace("]", "").partition(".")
    return place[0] == "model" and place[2] in unanswered(data["model"])


def _forced(word: str) -> str:
    """A budget names any metric, so that no file can list them: its word is added like one with «+»."""
    return f"++{word}" if word.startswith("expect.") else word


def default(words: Sequence[str] = ()) -> Evaluation:
    """An evaluation, for what does not depend on its model: services, tracking, workers; with ``words`` on top."""
    named = any(word.startswith("+model=") for word in words)
    return composed([*([] if named else ["+model=patchnet"]), *words])


def validated(data: dict[str, Any], choices: dict[str, str], overrides: list[str]) -> Evaluation:
    """The frozen evaluation, or every error at once with its file and field."""
    from pydantic import ValidationError

    from flows.mistakes import sentences

    try:
        evaluation = Evaluation.model_validate(data)
    except ValidationError as error:
        raise Refused("\n".join(sentences(error, data, choices, overrides))) from error
    floors = evaluation.model.floors(evaluation.dataset.id)
    if evaluation.expect or floors or set(evaluation.tracking.drift.metrics) != set(Drift().metrics):
        from tasks.metrics import require_known

        require_known("model.accuracy_floor", floors)
        require_known("expect", evaluation.expect.bounds, evaluation.model.parts)
        require_known("tracking.drift.metrics", evaluation.tracking.drift.metrics)
    return evaluation


def fields(model: str) -> dict[str, Any]:
    """A model's manifest as plain data: a pipeline's with those of its stages, and fields that name another one
    (`${model.x-length}`) with its value."""
    from flows.stages import resolved

    text = conf.manifest("model", model).read_text()
    data: dict[str, Any] = yaml.safe_load(text) or {}
    if isinstance(data, dict) and "pipeline" in data:
        return resolved(data)
    if "${" not in text:
        return data
    from omegaconf import OmegaConf

    kept = OmegaConf.create({"model": {key: value for key, value in data.items() if key != "defaults"}})
    whole: dict[str, Any] = OmegaConf.to_container(kept, resolve=True)["model"]  # type: ignore[index, call-overload, assignment]
    return whole


def _hydra() -> Any:
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    GlobalHydra.instance().clear()
    return initialize_config_dir(str(conf.CONF), version_base="1.3")


def _as_hydra(flow: str) -> int:
    """Let Hydra answer its own flags; nothing is run and no folder is made."""
    import hydra

    sys.argv = [f"python -m flows.{flow}", *map(_forced, sys.argv[1:])]
    root = flow if (conf.CONF / f"{flow}.yaml").exists() else "evaluate"
    hydra.main(config_path=str(conf.CONF), config_name=root, version_base="1.3")(lambda cfg: None)()
    return 0


def _searched() -> list[str]:
    """Where Hydra is to look beside our own folder, as a word of its own."""
    also = ",".join(f"file://{folder}" for folder in conf.also())
    return [f"hydra.searchpath=[{also}]"] if also else []
