"""`python -m flows.add ./my.onnx` or `dataset=./folder`: your own model or data set becomes a manifest under conf/.

A model: an ONNX, TFLite, Keras, or torch.export (.pt2) file, the folder of a SavedModel or of transformers (config.json
and safetensors), or models:/name/version of the MLflow registry. Its names, shapes, and types are read, its files
copied to artifacts/models, every software that is built here tries it, and what accuracy alone depends on stays «???».
It can be measured at once on synthetic inputs.
A data set: a folder with one folder of pictures a class, or a CSV or JSONL file with the columns file and label, or
text and label (which class a text is of), or text alone (what comes next in it).

name=<name>              how it is called here; default: the file's name
modality=<modality>      which question a model answers, or a table of texts is for
batch=<dimension>|none   which dimension of the inputs counts samples, where the file leaves it open
shape.<input>=[batch,128]  range.<input>=[0,999]   sizes of free dimensions; the values that synthetic inputs take
software=<name>          which one runs it where none is named; licence=<text>; force=true: add it again
tracking.uri=<uri>       where the registry is, as everywhere
"""

import sys
import tempfile
from pathlib import Path

from flows import added_data, added_model, cli
from tasks.artifacts.own.answers import Answers, heard, plain
from tasks.errors import Refused
from tasks.progress import say


def run(words: list[str]) -> int:
    """Add what the words name, and print what was found, where it is, and what to type next."""
    places = [word for word in words if "=" not in word or Path(word).exists()]
    answers = heard([word for word in words if word not in places])
    if answers.dataset is not None and not places:
        return added_data.add(Path(answers.dataset).expanduser(), answers)
    if len(places) != 1 or answers.dataset is not None:
        raise Refused(
            "Give one model, such as ./my.onnx, or one data set, such as dataset=./folder; python -m flows.add --help "
            "says more."
        )
    if places[0].startswith("models:"):
        return _registered(places[0], answers)
    path = Path(places[0]).expanduser()
    stem = path.resolve().name if path.is_dir() else path.stem
    return added_model.add(path, path.resolve().name, answers, answers.name or plain(stem))


def _registered(uri: str, answers: Answers) -> int:
    """Of the MLflow registry: its files as data, never loaded."""
    from tasks.tracking.registry import downloaded

    words = [f"tracking.uri={answers.tracking}"] if answers.tracking else []
    with tempfile.TemporaryDirectory(prefix="touchstone-") as folder:
        say("add")(f"downloading {uri} …")
        path, name = downloaded(cli.default(words).tracking, uri, Path(folder))
        return added_model.add(path, uri, answers, answers.name or plain(name))


if __name__ == "__main__":
    sys.exit(cli.main("add", run, help=__doc__))
