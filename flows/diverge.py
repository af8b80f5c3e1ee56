"""`python -m flows.diverge <model> software=<a> [software=<b>]`, or `<changed>.onnx <source>.onnx`: where answers part.

Every layer of the model as this software runs it is held against float64 of its source (or against the other software),
in the order of the layers, on two synthetic samples; the first one out of tolerance is named, and how far it is off.
Two ONNX files are compared in float64, whatever their nodes are called: what differs is the model.

<model> <file>.onnx     the file in place of the model's own, against its source; software=onnxruntime runs it
shape.<input>=[batch,3,32,32]  range.<input>=[0,1]   of files: sizes that they leave open, and what goes in
Exit code 0 where every layer agrees, 1 where one does not.
"""

import sys
from pathlib import Path

from flows import cli
from tasks import plugins
from tasks.artifacts.layerwise.diverged import Divergence
from tasks.artifacts.layerwise.evaluated import between, by_layer, in_double, inputs_of
from tasks.artifacts.own.answers import heard
from tasks.artifacts.own.inputs import described
from tasks.artifacts.own.onnx_model import read
from tasks.errors import Refused
from tasks.specs.model import Tensor

SOFTWARE = "onnxruntime"
OF_FILES = ("batch", "shape", "range")


def run(words: list[str]) -> int:
    """Print the sentence."""
    places = [word for word in words if "=" not in word]
    files = [Path(word).expanduser() for word in places if word.endswith(".onnx")]
    names = [word for word in places if not word.endswith(".onnx")]
    software = [word.partition("=")[2] for word in words if word.startswith("software=")]
    rest = [word for word in words if "=" in word and not word.startswith("software=")]
    for word in (word.partition("=")[0] for word in rest):
        if word.partition(".")[0] not in OF_FILES:
            raise Refused(plugins.unknown("word", word, ["software", "batch", "shape.<input>", "range.<input>"]))
    if (len(names), len(files)) == (0, 2) and not software:
        found = _files(files, rest)
    elif len(names) == 1 and len(files) <= 1 and len(software) <= 2 - len(files) and not rest:
        found = _model(names[0], files, software)
    else:
        raise Refused("Give a model and software=<name>, or two ONNX files; python -m flows.diverge --help says more.")
    print(found.sentence())
    return 0 if found.first is None and found.compared else 1


def _model(name: str, files: list[Path], software: list[str]) -> Divergence:
    asked = [
        cli.composed([f"+model={name}", f"dataset={cli.SYNTHETIC}", f"software={s}"]) for s in software or [SOFTWARE]
    ]
    return between(*asked) if len(asked) == 2 else by_layer(asked[0], *files)


def _files(files: list[Path], words: list[str]) -> Divergence:
    """Of two files: what goes in is described as when a model is added."""
    answers = heard(words)
    found = described(read(files[0]), answers)
    tensors = [Tensor.model_validate({**tensor, "color": "none"}) for tensor in found.inputs]
    return in_double(files[0], files[1], inputs_of(tensors, found.batch == 1))


if __name__ == "__main__":
    sys.exit(cli.main("diverge", run, help=__doc__))
